// What Python told in few words (toylab/show/lab/lab.py), as the other parts read it.

const roundsOf = (runs) => runs.flatMap(([first, step, n]) => Array.from({ length: n }, (_, i) => first + i * step));

function pointsOf({ per, x, steps }) {
  let y = 0;
  return x.map((at, i) => [at / per, (y += steps[i]) / per]);
}

const targetTold = (target) => (target.kind === "points" && !target.exact ? { ...target, points: pointsOf(target.points) } : target);

/** A scenario of the page: rounds one by one, points as pairs. One that is not played is as it was. */
export function unpackedOffer(offer) {
  if (offer.whyNot) return offer;
  const later = offer.later.map(([at, target]) => [at, targetTold(target)]);
  return { ...offer, due: roundsOf(offer.due), target: targetTold(offer.target), later };
}
