"use strict";
(() => {
  const quiz = document.getElementById("quiz");
  const pairs = [...quiz.querySelectorAll("fieldset")];
  const score = document.getElementById("score");
  let answered = 0;
  let right = 0;

  // Wilson's interval of a share, at 95 %.
  function interval(hits, count) {
    const z = 1.96;
    const share = hits / count;
    const middle = share + (z * z) / (2 * count);
    const width = z * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
    const whole = 1 + (z * z) / count;
    return [(middle - width) / whole, (middle + width) / whole].map((end) => Math.round(100 * Math.min(1, Math.max(0, end))));
  }

  function tell() {
    score.textContent = `${answered} of ${pairs.length} answered` + (answered ? `, ${right} right` : "");
    if (answered === pairs.length) {
      const [low, high] = interval(right, answered);
      const apart = low > 50 ? "You can tell them apart." : high < 50 ? "You take the generated ones for real." : "That is no surer than a coin.";
      score.textContent = `Your score: ${right} of ${answered}. You find the real one in ${low} to ${high} of 100 pairs (95 % interval); guessing: 50. ${apart}`;
    }
  }

  for (const pair of pairs) {
    const choices = [...pair.querySelectorAll("button")];
    const real = Number(pair.dataset.real);
    choices.forEach((choice, place) =>
      choice.addEventListener("click", () => {
        if (pair.classList.contains("done")) return;
        const hit = place === real;
        answered += 1;
        right += hit ? 1 : 0;
        pair.classList.add("done");
        choices[real].classList.add("real");
        choice.classList.add(hit ? "hit" : "missed");
        choices.forEach((one) => one.setAttribute("aria-disabled", "true"));
        pair.querySelector(".answer").textContent = `${hit ? "Right" : "Wrong"}: the ${real === 0 ? "first" : "second"} one is real.`;
        tell();
      }),
    );
  }

  document.getElementById("again").addEventListener("click", () => {
    answered = 0;
    right = 0;
    for (const pair of pairs) {
      pair.classList.remove("done");
      pair.querySelector(".answer").textContent = "";
      for (const choice of pair.querySelectorAll("button")) {
        choice.className = "";
        choice.removeAttribute("aria-disabled");
      }
    }
    tell();
    pairs[0]?.querySelector("button").focus();
  });
})();
