"""A customer's sentences in twenty languages: written for synthgen, to be put together with what the message is about."""

from __future__ import annotations

import re
from dataclasses import dataclass

SUBJECTS: dict[str, str] = {
    "card": "card cards debit credit",
    "order": "order ordered orders parcel package delivery delivered deliver courier",
    "payment": "payment paid pay charge charged transaction transfer money",
    "refund": "refund refunded",
    "account": "account login log logged password passcode",
    "computer": "laptop computer printer screen mouse keyboard teams outlook",
    "app": "app website site page",
    "booking": "booking booked reservation flight hotel appointment",
    "bill": "invoice bill billed subscription fee debits",
}
"""What a message may be about, and the English words that tell it wherever people type: a room, or a ticket, need not be booked."""


@dataclass(frozen=True, slots=True)
class Language:
    """`hello` and `ask` begin and end a message; `trouble` takes one of `things`, in the order of SUBJECTS; `plain` does
    without. `number` gives a reference. `comma` stands behind a greeting, `stop` between sentences."""

    hello: tuple[str, ...]
    trouble: tuple[str, ...]
    things: tuple[str, ...]
    plain: tuple[str, ...]
    ask: tuple[str, ...]
    number: str
    comma: str = ", "
    stop: str = ". "


def subject(message: str) -> int | None:
    """Which of SUBJECTS a message is about, by the first of its words that tells; None where none does."""
    for word in re.findall("[a-z]+", message.lower()):
        for place, words in enumerate(SUBJECTS.values()):
            if word in words.split():
                return place
    return None


LANGUAGES = {
    "de": Language(
        (
            "Hallo",
            "Guten Tag",
            "Hi",
            "Sehr geehrte Damen und Herren",
        ),
        ("ich habe ein Problem mit {}", "irgendetwas stimmt nicht mit {}", "könnten Sie mir bitte mit {} helfen"),
        (
            "meiner Karte",
            "meiner Bestellung",
            "meiner Zahlung",
            "meiner Rückerstattung",
            "meinem Konto",
            "meinem Computer",
            "der App",
            "meiner Buchung",
            "meiner Rechnung",
        ),
        (
            "seit gestern funktioniert es nicht mehr",
            "ich warte schon seit zwei Wochen auf eine Antwort",
            "ich verstehe nicht, was ich tun soll",
            "das hat noch nie geklappt",
        ),
        ("Was soll ich tun?", "Können Sie bitte nachsehen?", "Vielen Dank im Voraus", "Bitte um schnelle Antwort"),
        "Die Nummer ist {}",
    ),
    "fr": Language(
        (
            "Bonjour",
            "Bonsoir",
            "Salut",
            "Madame, Monsieur",
        ),
        ("j'ai un problème avec {}", "il y a un souci avec {}", "je ne comprends pas ce qui se passe avec {}"),
        (
            "ma carte",
            "ma commande",
            "mon paiement",
            "mon remboursement",
            "mon compte",
            "mon ordinateur",
            "votre application",
            "ma réservation",
            "ma facture",
        ),
        (
            "ça ne marche plus depuis hier",
            "j'attends une réponse depuis deux semaines",
            "je ne sais pas quoi faire",
            "c'est la troisième fois que ça arrive",
        ),
        ("Pouvez-vous m'aider ?", "Que dois-je faire ?", "Merci d'avance", "Merci de me répondre rapidement"),
        "Le numéro est {}",
    ),
    "es": Language(
        ("Hola", "Buenos días", "Buenas tardes", "Buenas"),
        ("tengo un problema con {}", "algo no va bien con {}", "necesito ayuda con {}"),
        ("mi tarjeta", "mi pedido", "mi pago", "mi reembolso", "mi cuenta", "mi ordenador", "la aplicación", "mi reserva", "mi factura"),
        (
            "no funciona desde ayer",
            "llevo dos semanas esperando una respuesta",
            "no entiendo qué tengo que hacer",
            "ya lo he intentado tres veces",
        ),
        ("¿Me pueden ayudar?", "¿Qué tengo que hacer?", "Muchas gracias", "Gracias de antemano"),
        "El número es {}",
    ),
    "it": Language(
        ("Ciao", "Buongiorno", "Salve", "Buonasera"),
        ("ho un problema con {}", "c'è qualcosa che non va con {}", "mi serve aiuto con {}"),
        (
            "la mia carta",
            "il mio ordine",
            "il mio pagamento",
            "il mio rimborso",
            "il mio account",
            "il mio computer",
            "l'app",
            "la mia prenotazione",
            "la mia fattura",
        ),
        ("non funziona più da ieri", "aspetto una risposta da due settimane", "non capisco cosa devo fare", "è già la terza volta"),
        ("Potete aiutarmi?", "Cosa devo fare?", "Grazie mille", "Grazie in anticipo"),
        "Il numero è {}",
    ),
    "pt": Language(
        (
            "Olá",
            "Bom dia",
            "Boa tarde",
            "Oi",
        ),
        ("estou com um problema com {}", "tem alguma coisa errada com {}", "preciso de ajuda com {}"),
        (
            "meu cartão",
            "meu pedido",
            "meu pagamento",
            "meu reembolso",
            "minha conta",
            "meu computador",
            "o aplicativo",
            "minha reserva",
            "minha fatura",
        ),
        (
            "não funciona desde ontem",
            "estou esperando uma resposta há duas semanas",
            "não entendo o que devo fazer",
            "já tentei três vezes",
        ),
        ("Podem me ajudar?", "O que devo fazer?", "Obrigado", "Desde já agradeço"),
        "O número é {}",
    ),
    "nl": Language(
        ("Hallo", "Goedemorgen", "Hoi", "Beste"),
        ("ik heb een probleem met {}", "er is iets mis met {}", "kunt u mij helpen met {}"),
        (
            "mijn kaart",
            "mijn bestelling",
            "mijn betaling",
            "mijn terugbetaling",
            "mijn account",
            "mijn computer",
            "de app",
            "mijn reservering",
            "mijn factuur",
        ),
        (
            "het werkt al sinds gisteren niet meer",
            "ik wacht al twee weken op antwoord",
            "ik begrijp niet wat ik moet doen",
            "dit is al de derde keer",
        ),
        ("Wat moet ik doen?", "Kunt u even kijken?", "Alvast bedankt", "Graag een snelle reactie"),
        "Het nummer is {}",
    ),
    "pl": Language(
        ("Dzień dobry", "Witam", "Cześć", "Dobry wieczór"),
        ("mam problem z {}", "coś jest nie tak z {}", "potrzebuję pomocy z {}"),
        (
            "moją kartą",
            "moim zamówieniem",
            "moją płatnością",
            "zwrotem pieniędzy",
            "moim kontem",
            "moim komputerem",
            "aplikacją",
            "moją rezerwacją",
            "moją fakturą",
        ),
        ("od wczoraj nie działa", "czekam na odpowiedź już dwa tygodnie", "nie rozumiem, co mam zrobić", "to już trzeci raz"),
        ("Co mam zrobić?", "Czy mogą Państwo sprawdzić?", "Z góry dziękuję", "Proszę o szybką odpowiedź"),
        "Numer to {}",
    ),
    "sv": Language(
        ("Hej", "God morgon", "Hejsan", "Tjena"),
        ("jag har problem med {}", "något är fel med {}", "jag behöver hjälp med {}"),
        (
            "mitt kort",
            "min beställning",
            "min betalning",
            "min återbetalning",
            "mitt konto",
            "min dator",
            "appen",
            "min bokning",
            "min faktura",
        ),
        (
            "det har inte fungerat sedan igår",
            "jag har väntat på svar i två veckor",
            "jag förstår inte vad jag ska göra",
            "det är tredje gången nu",
        ),
        ("Kan ni hjälpa mig?", "Vad ska jag göra?", "Tack på förhand", "Tacksam för snabbt svar"),
        "Numret är {}",
    ),
    "tr": Language(
        (
            "Merhaba",
            "İyi günler",
            "Selam",
            "Günaydın",
        ),
        ("{} ilgili bir sorunum var", "{} ilgili yardıma ihtiyacım var", "{} ilgili bir şeyler ters gidiyor"),
        (
            "kartımla",
            "siparişimle",
            "ödememle",
            "para iademle",
            "hesabımla",
            "bilgisayarımla",
            "uygulamayla",
            "rezervasyonumla",
            "faturamla",
        ),
        ("dünden beri çalışmıyor", "iki haftadır cevap bekliyorum", "ne yapmam gerektiğini anlamıyorum", "bu üçüncü kez oluyor"),
        ("Yardımcı olur musunuz?", "Ne yapmalıyım?", "Şimdiden teşekkürler", "Acil cevap bekliyorum"),
        "Numara {}",
    ),
    "ru": Language(
        (
            "Здравствуйте",
            "Добрый день",
            "Привет",
            "Добрый вечер",
        ),
        ("у меня проблема с {}", "что-то не так с {}", "помогите, пожалуйста, с {}"),
        (
            "моей картой",
            "моим заказом",
            "моим платежом",
            "возвратом денег",
            "моим аккаунтом",
            "моим компьютером",
            "приложением",
            "моей бронью",
            "моим счётом",
        ),
        ("со вчерашнего дня ничего не работает", "уже две недели жду ответа", "не понимаю, что мне делать", "это уже третий раз"),
        ("Что мне делать?", "Проверьте, пожалуйста", "Заранее спасибо", "Жду ответа"),
        "Номер {}",
    ),
    "uk": Language(
        ("Добрий день", "Вітаю", "Привіт", "Доброго ранку"),
        ("у мене проблема з {}", "щось не так із {}", "допоможіть, будь ласка, з {}"),
        (
            "моєю карткою",
            "моїм замовленням",
            "моїм платежем",
            "поверненням коштів",
            "моїм акаунтом",
            "моїм комп'ютером",
            "застосунком",
            "моїм бронюванням",
            "моїм рахунком",
        ),
        ("з учорашнього дня нічого не працює", "вже два тижні чекаю на відповідь", "не розумію, що мені робити", "це вже втретє"),
        ("Що мені робити?", "Перевірте, будь ласка", "Дякую заздалегідь", "Чекаю на відповідь"),
        "Номер {}",
    ),
    "el": Language(
        ("Γεια σας", "Καλημέρα", "Γεια", "Καλησπέρα"),
        ("έχω πρόβλημα με {}", "κάτι δεν πάει καλά με {}", "χρειάζομαι βοήθεια με {}"),
        (
            "την κάρτα μου",
            "την παραγγελία μου",
            "την πληρωμή μου",
            "την επιστροφή χρημάτων",
            "τον λογαριασμό μου",
            "τον υπολογιστή μου",
            "την εφαρμογή",
            "την κράτησή μου",
            "το τιμολόγιό μου",
        ),
        ("δεν λειτουργεί από χθες", "περιμένω απάντηση εδώ και δύο εβδομάδες", "δεν καταλαβαίνω τι πρέπει να κάνω", "είναι η τρίτη φορά"),
        ("Μπορείτε να με βοηθήσετε;", "Τι πρέπει να κάνω;", "Ευχαριστώ", "Ευχαριστώ εκ των προτέρων"),
        "Ο αριθμός είναι {}",
    ),
    "ar": Language(
        ("مرحبا", "السلام عليكم", "صباح الخير", "مساء الخير"),
        ("عندي مشكلة في {}", "هناك مشكلة في {}", "أحتاج مساعدة بخصوص {}"),
        ("بطاقتي", "طلبي", "الدفعة", "استرداد المبلغ", "حسابي", "الكمبيوتر", "التطبيق", "الحجز", "الفاتورة"),
        ("لا يعمل منذ أمس", "أنتظر الرد منذ أسبوعين", "لا أفهم ماذا يجب أن أفعل", "هذه هي المرة الثالثة"),
        ("هل يمكنكم مساعدتي؟", "ماذا أفعل؟", "شكرا لكم", "أرجو الرد بسرعة"),
        "الرقم {}",
        comma="، ",
    ),
    "he": Language(
        ("שלום", "היי", "בוקר טוב", "ערב טוב"),
        ("יש לי בעיה עם {}", "משהו לא בסדר עם {}", "אפשר עזרה עם {}"),
        (
            "הכרטיס שלי",
            "ההזמנה שלי",
            "התשלום שלי",
            "ההחזר הכספי",
            "החשבון שלי",
            "המחשב שלי",
            "האפליקציה",
            "הזמנת המקום שלי",
            "החשבונית שלי",
        ),
        ("זה לא עובד מאתמול", "אני כבר שבועיים מחכה לתשובה", "לא ברור לי מה לעשות", "זו כבר הפעם השלישית"),
        ("אפשר לבדוק בבקשה?", "מה לעשות?", "תודה מראש", "מחכה לתשובה"),
        "המספר הוא {}",
    ),
    "fa": Language(
        ("سلام", "سلام وقت بخیر", "روز بخیر", "درود"),
        ("در مورد {} مشکل دارم", "برای {} کمک لازم دارم", "در مورد {} سؤال دارم"),
        ("کارتم", "سفارشم", "پرداختم", "بازگشت وجه", "حسابم", "کامپیوترم", "برنامه", "رزروم", "فاکتورم"),
        ("از دیروز کار نمی‌کند", "دو هفته است منتظر جواب هستم", "نمی‌دانم باید چه کار کنم", "این بار سوم است"),
        ("می‌توانید کمک کنید؟", "چه کار کنم؟", "ممنون", "لطفا زود جواب بدهید"),
        "شماره {}",
        comma="، ",
    ),
    "hi": Language(
        ("नमस्ते", "हेलो", "सर", "नमस्कार"),
        ("{} को लेकर दिक्कत है", "{} में कुछ गड़बड़ है", "{} के बारे में मदद चाहिए"),
        ("मेरे कार्ड", "मेरे ऑर्डर", "मेरे पेमेंट", "मेरे रिफंड", "मेरे अकाउंट", "मेरे कंप्यूटर", "ऐप", "मेरी बुकिंग", "मेरे बिल"),
        ("कल से काम नहीं कर रहा है", "दो हफ्ते से जवाब का इंतज़ार कर रहा हूँ", "समझ नहीं आ रहा क्या करूँ", "यह तीसरी बार हो रहा है"),
        ("क्या आप मदद कर सकते हैं?", "मुझे क्या करना चाहिए?", "धन्यवाद", "कृपया जल्दी जवाब दें"),
        "नंबर {} है",
        stop="। ",
    ),
    "ja": Language(
        ("こんにちは", "お世話になっております", "すみません", "はじめまして"),
        ("{}の件で困っています", "{}について教えてください", "{}に問題があるようです"),
        ("カード", "注文", "支払い", "返金", "アカウント", "パソコン", "アプリ", "予約", "請求書"),
        ("昨日から使えません", "2週間返事を待っています", "どうすればいいのか分かりません", "これで3回目です"),
        ("確認していただけますか?", "どうすればいいですか?", "よろしくお願いします", "早めの返信をお願いします"),
        "番号は{}です",
        comma="、",
        stop="。",
    ),
    "zh": Language(
        ("你好", "您好", "请问", "在吗"),
        ("我的{}出了问题", "想问一下我的{}的情况", "我的{}好像不对"),
        ("银行卡", "订单", "付款", "退款", "账号", "电脑", "App", "预订", "账单"),
        ("从昨天开始就用不了了", "等了两个星期都没有人回复", "我不知道该怎么办", "这已经是第三次了"),
        ("能帮我看一下吗?", "我应该怎么做?", "谢谢", "请尽快回复"),
        "号码是{}",
        comma="，",
        stop="。",
    ),
    "ko": Language(
        ("안녕하세요", "저기요", "문의드립니다", "수고하십니다"),
        ("{}에 문제가 있어요", "{} 관련해서 도움이 필요해요", "{} 때문에 문의드려요"),
        ("카드", "주문", "결제", "환불", "계정", "컴퓨터", "앱", "예약", "청구서"),
        ("어제부터 안 돼요", "2주째 답변을 기다리고 있어요", "어떻게 해야 할지 모르겠어요", "벌써 세 번째예요"),
        ("확인 부탁드려요", "어떻게 해야 하나요?", "감사합니다", "빠른 답변 부탁드립니다"),
        "번호는 {}입니다",
    ),
    "vi": Language(
        ("Xin chào", "Chào bạn", "Chào shop", "Alo"),
        ("tôi gặp vấn đề với {}", "có gì đó không ổn với {}", "tôi cần giúp về {}"),
        (
            "thẻ của tôi",
            "đơn hàng của tôi",
            "khoản thanh toán",
            "khoản hoàn tiền",
            "tài khoản của tôi",
            "máy tính của tôi",
            "ứng dụng",
            "đặt chỗ của tôi",
            "hóa đơn của tôi",
        ),
        ("từ hôm qua đến giờ không dùng được", "tôi đợi trả lời hai tuần rồi", "tôi không biết phải làm gì", "đây là lần thứ ba rồi"),
        ("Bạn kiểm tra giúp tôi được không?", "Tôi phải làm gì?", "Cảm ơn", "Mong được trả lời sớm"),
        "Số là {}",
    ),
}
"""By the language of a locale: `de` for de_DE, de_AT, …"""
