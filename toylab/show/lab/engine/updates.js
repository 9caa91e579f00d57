// Who moves when: one round of the game as a list of turns; toylab/game/updates.

/** turns(game settings) -> what is played in a round, each a key of `game.turns`. */
export const UPDATES = {
  alternating(g) {
    const d = Array(g.discriminator_steps).fill("d"), own = Array(g.generator_steps).fill("g");
    return g.update.generator_first ? [...own, ...d] : [...d, ...own];
  },
  simultaneous: () => ["both"],
  extragradient: () => ["ahead"],
  optimistic: () => ["twice"],
};
