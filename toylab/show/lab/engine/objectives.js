// What each player minimises: losses and their derivatives in the logits, as in toylab/game/objectives.py.

import { sigmoid, softplus } from "./numbers.js";

// A function of one logit, and its derivative.
const CALLED_REAL = { value: (a) => softplus(-a), slope: (a) => -sigmoid(-a) };
const CALLED_FAKE = { value: softplus, slope: sigmoid };
const RAISED = { value: (a) => -a, slope: () => -1 };
const LOWERED = { value: (a) => a, slope: () => 1 };
const NOT_SEEN = { value: () => 0, slope: () => 0 };

const meanOf = (values, use) => {
  let sum = 0;
  for (const a of values) sum += use(a);
  return sum / values.length;
};

/** Losses that look at each logit by itself: D's of real and of generated points, and G's. */
const apart = (output, real, fake, wanted, zeroSum = false) => ({
  output,
  zeroSum,
  pairs: false,
  losses: (onReal, onFake) => [meanOf(onReal, real.value) + meanOf(onFake, fake.value), meanOf(onFake, wanted.value)],
  discriminatorPush(onReal, onFake, pushReal, pushFake) {
    for (let i = 0; i < onReal.length; i++) pushReal[i] = real.slope(onReal[i]) / onReal.length;
    for (let i = 0; i < onFake.length; i++) pushFake[i] = fake.slope(onFake[i]) / onFake.length;
  },
  generatorPush(onReal, onFake, push) {
    for (let i = 0; i < onFake.length; i++) push[i] = wanted.slope(onFake[i]) / onFake.length;
  },
});

const SQUARE = (goal) => ({ value: (a) => (a - goal) ** 2 / 2, slope: (a) => a - goal });

/** Each real point against one generated point. Jolicoeur-Martineau 2019. */
const relativistic = {
  output: "difference",
  zeroSum: false,
  pairs: true,
  losses(onReal, onFake) {
    let d = 0, g = 0;
    onFake.forEach((a, i) => { d += softplus(a - onReal[i]); g += softplus(onReal[i] - a); });
    return [d / onFake.length, g / onFake.length];
  },
  discriminatorPush(onReal, onFake, pushReal, pushFake) {
    for (let i = 0; i < onFake.length; i++) {
      pushFake[i] = sigmoid(onFake[i] - onReal[i]) / onFake.length;
      pushReal[i] = -pushFake[i];
    }
  },
  generatorPush(onReal, onFake, push) {
    for (let i = 0; i < onFake.length; i++) push[i] = -sigmoid(onReal[i] - onFake[i]) / onFake.length;
  },
};

export const OBJECTIVES = {
  saturating: apart("logit", CALLED_REAL, CALLED_FAKE, { value: (a) => -softplus(a), slope: (a) => -sigmoid(a) }, true),
  non_saturating: apart("logit", CALLED_REAL, CALLED_FAKE, CALLED_REAL),
  least_squares: apart("value", SQUARE(1), SQUARE(0), SQUARE(1)),
  hinge: apart(
    "value",
    { value: (a) => Math.max(1 - a, 0), slope: (a) => (a < 1 ? -1 : 0) },
    { value: (a) => Math.max(1 + a, 0), slope: (a) => (a > -1 ? 1 : 0) },
    RAISED,
  ),
  wasserstein: apart("difference", RAISED, LOWERED, RAISED, true),
  relativistic,
  fake_value: apart("value", NOT_SEEN, LOWERED, RAISED, true),
};
