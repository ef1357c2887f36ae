"""The numbers and dates of other countries."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from random import Random

from synthgen.fields.edges.details import recently
from synthgen.fields.edges.situation import Situation, like, then

ARABIC, PERSIAN, HINDI = "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९"


@dataclass(frozen=True, slots=True)
class Country:
    """How numbers and dates are written: the signs between thousands and before decimals, `pattern` for money, and
    strftime patterns (with `{B}` and `{y}` for the month's name and the year of its calendar)."""

    group: str
    mark: str
    dates: tuple[str, ...]
    pattern: str = "{number} {sign}"
    digits: str = "0123456789"
    months: str = ""
    lakh: bool = False
    years: int = 0


COUNTRIES = {
    "de_DE": Country(
        ".",
        ",",
        ("%d.%m.%Y", "{d}.{m}.%y", "{d}. {B} %Y"),
        months="Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    ),
    "de_CH": Country(
        "'",
        ".",
        ("%d.%m.%Y", "{d}.{m}.%y"),
        "{sign}{number}",
        months="Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    ),
    "fr_FR": Country(
        " ",
        ",",
        ("%d/%m/%Y", "{d} {B} %Y", "le {d} {B}"),
        months="janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    ),
    "es_ES": Country(
        ".",
        ",",
        ("%d/%m/%Y", "{d}-{m}-%Y", "{d} de {B} de %Y"),
        months="enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    ),
    "it_IT": Country(
        ".",
        ",",
        ("%d/%m/%Y", "{d}/{m}/%y", "{d} {B} %Y"),
        months="gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    ),
    "pt_BR": Country(
        ".",
        ",",
        ("%d/%m/%Y", "{d}/{m}", "{d} de {B} de %Y"),
        "{sign} {number}",
        months="janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    ),
    "nl_NL": Country(
        ".",
        ",",
        ("%d-%m-%Y", "{d}-{m}-%Y", "{d} {B} %Y"),
        "{sign} {number}",
        months="januari februari maart april mei juni juli augustus september oktober november december",
    ),
    "pl_PL": Country(
        " ",
        ",",
        ("%d.%m.%Y", "{d} {B} %Y"),
        months="stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    ),
    "sv_SE": Country(
        " ",
        ",",
        ("%Y-%m-%d", "{d}/{m}", "{d} {B} %Y"),
        months="januari februari mars april maj juni juli augusti september oktober november december",
    ),
    "tr_TR": Country(
        ".",
        ",",
        ("%d.%m.%Y", "{d} {B} %Y"),
        "{sign}{number}",
        months="Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    ),
    "ru_RU": Country(
        "\u00a0",
        ",",
        ("%d.%m.%Y", "%d.%m.%y", "{d} {B} %Y г."),
        months="января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    ),
    "uk_UA": Country(
        "\u00a0",
        ",",
        ("%d.%m.%Y", "{d} {B} %Y р."),
        months="січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    ),
    "el_GR": Country(".", ",", ("{d}/{m}/%Y", "%d.%m.%Y"), months=""),
    "ar_DZ": Country(".", ",", ("%d/%m/%Y", "{d}/{m}/%Y")),
    "ar_SA": Country("٬", "٫", ("%d/%m/%Y", "%Y/%m/%d"), "{number} {sign}", digits=ARABIC),
    "he_IL": Country(",", ".", ("%d.%m.%Y", "{d}.{m}.%y", "{d}/{m}/%Y"), "{number} {sign}"),
    "fa_IR": Country("٬", "٫", ("%Y/%m/%d",), "{number} {sign}", digits=PERSIAN),
    "hi_IN": Country(",", ".", ("%d/%m/%Y", "%d-%m-%Y"), "{sign}{number}", digits=HINDI, lakh=True),
    "ja_JP": Country(",", ".", ("%Y年{m}月{d}日", "%Y/%m/%d", "{m}/{d}"), "{number}{sign}"),
    "zh_CN": Country(",", ".", ("%Y年{m}月{d}日", "%Y-%m-%d", "{m}月{d}号"), "{sign}{number}"),
    "ko_KR": Country(",", ".", ("%Y년 {m}월 {d}일", "%Y. {m}. {d}.", "%Y.%m.%d"), "{number}{sign}"),
    "vi_VN": Country(".", ",", ("%d/%m/%Y", "ngày {d} tháng {m}"), "{number} {sign}"),
    "en_IN": Country(
        ",",
        ".",
        ("%d-%m-%Y", "{d}/{m}/%y", "%d-{B}-%Y"),
        "{sign}{number}",
        lakh=True,
        months="Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    ),
    "en_US": Country(
        ",",
        ".",
        ("%m/%d/%Y", "{m}/{d}/%y", "{B} {d}, %Y"),
        "{sign}{number}",
        months="January February March April May June July August September October November December",
    ),
    "th_TH": Country(",", ".", ("{d}/{m}/{y}", "{d}-{m}-{y}"), "{number}{sign}", years=543),
    "en_ZA": Country(" ", ",", ("%Y/%m/%d", "%Y-%m-%d"), "{sign}{number}"),
}
AMOUNT = re.compile(r"(?<![\w.,/:-])([£$€]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w/:-]|[.,]\d)", re.ASCII)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = "(?P<{}>" + "|".join(MONTHS) + ")[a-z]*\\.?"
DATE = re.compile(
    r"(?<![\w/.-])(?:(?P<y1>\d{4})-(?P<m1>\d\d)-(?P<d1>\d\d)|(?P<d2>\d{1,2})/(?P<m2>\d{1,2})(?:/(?P<y2>\d{4}|\d\d))?|(?P<d3>\d{1,2})(?:st|nd|rd|th)?(?: of)? "  # noqa: E501
    + _MONTH.format("m3")
    + r"(?:,? (?P<y3>\d{4}))?|"
    + _MONTH.format("m4")
    + r" (?P<d4>\d{1,2})(?:st|nd|rd|th)?(?:,? (?P<y4>\d{4}))?)(?![\w/-])",
    re.IGNORECASE | re.ASCII,
)


def foreign_numbers(stream: Random, message: str, situation: Situation) -> str:
    """The amounts as another country writes them: 1.250,00."""
    if not any(_is_amount(match) for match in AMOUNT.finditer(message)):
        amounts = [fact for fact in situation.facts.values() if isinstance(fact, float) and 0.01 <= abs(fact) < 1e12]
        amount = (
            f"{abs(stream.choice(amounts)):,.2f}"
            if amounts and stream.random() < 0.7
            else f"{stream.choice([stream.randint(3, 90), stream.randint(1000, 30000)]):,}.{stream.randint(0, 99):02}"
        )
        message = then(
            stream,
            message,
            like(
                message,
                stream.choice(["It was {}", "The amount is {}", "I paid {}", "It says {}", "{} to be exact", "£{} in total"]).replace(
                    "{}", amount
                ),
            ),
        )
    country_names = [name for name in situation.locales or COUNTRIES if name in COUNTRIES]
    written = {name: AMOUNT.sub(lambda match, name=name: _amount(match, COUNTRIES[name]), message) for name in country_names}  # type: ignore[misc]
    variants = [text for text in written.values() if text != message]
    if variants:
        return stream.choice(variants)
    return AMOUNT.sub(lambda match: _amount(match, COUNTRIES["de_DE"]), message)


def _is_amount(match: re.Match[str]) -> bool:
    return bool(match[1] or match[3] or "," in match[2])


def _amount(match: re.Match[str], country: Country) -> str:
    if not _is_amount(match):
        return match[0]
    sign, integer_part, part = match[1], match[2].replace(",", ""), (match[3] or "")[1:]
    head, tail = (integer_part[:-3], integer_part[-3:]) if len(integer_part) > 3 else ("", integer_part)
    step = 2 if country.lakh else 3
    groups = [head[max(0, end - step) : end] for end in range(len(head), 0, -step)][::-1]
    number = country.group.join([*groups, tail]) + (country.mark + part if part else "")
    number = number.translate(str.maketrans("0123456789", country.digits))
    return country.pattern.format(number=number, sign=sign).strip() if sign else number


def foreign_dates(stream: Random, message: str, situation: Situation) -> str:
    """The dates as another country writes them: 31.03.2026, 03/31/2026, 2026年3月31日."""
    if not any(_day(match, situation) for match in DATE.finditer(message)):
        dates = [fact for fact in situation.facts.values() if isinstance(fact, datetime.date)]
        day = stream.choice(dates) if dates and stream.random() < 0.7 else recently(stream, situation, 60)
        message = then(
            stream,
            message,
            like(
                message,
                stream.choice(["It was on {}", "Since {}", "Date: {}", "It says {}", "I wrote on {}", "{}"]).replace(
                    "{}", f"{day:%Y-%m-%d}"
                ),
            ),
        )
    country_names = [name for name in situation.locales or COUNTRIES if name in COUNTRIES] or ["de_DE"]
    country = COUNTRIES[stream.choice(country_names)]
    pattern = stream.choice(country.dates)
    return DATE.sub(lambda match: _date(_day(match, situation), pattern, country) or match[0], message)


def _day(match: re.Match[str], situation: Situation) -> datetime.date | None:
    """The day that a date in a message means; one without a year is of the last twelve months; in doubt the day comes first."""
    form = next(number for number in "1234" if match[f"d{number}"])
    day, month, year = match[f"d{form}"], match[f"m{form}"], match[f"y{form}"]
    first, second = int(day), MONTHS.index(month[:3].lower()) + 1 if form in "34" else int(month)
    first, second = (second, first) if second > 12 else (first, second)
    number = int(year) + (2000 if len(year) == 2 else 0) if year else situation.now.year
    try:
        candidate = datetime.date(number, second, first)
        return candidate if year or candidate <= situation.now.date() else candidate.replace(year=number - 1)
    except ValueError:
        return None


def _date(day: datetime.date | None, pattern: str, country: Country) -> str:
    if day is None:
        return ""
    names = country.months.split()
    filled = (
        pattern.replace("{B}", names[day.month - 1] if names else "")
        .replace("{y}", str(day.year + country.years))
        .replace("{d}", str(day.day))
        .replace("{m}", str(day.month))
    )
    return day.strftime(filled).translate(str.maketrans("0123456789", country.digits))
