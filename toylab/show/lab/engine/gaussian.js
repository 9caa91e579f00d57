// Which generators make a cloud whose density is known; by itself, for the page's files ask it too.

/** Whether what a generator of these settings makes is Gaussian, whatever it learns. */
export const isGaussian = ({ kind, hidden, latent }) => kind === "mlp" && hidden.length === 0 && latent >= 2;
