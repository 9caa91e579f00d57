// What a place of a stage says: its coordinates, and a value between those of a grid.

/** Three digits at most. */
export const askedNumber = (value) => (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e4) ? value.toExponential(1) : Number(value.toPrecision(3)).toString());

/** As many digits as tell places of the stage apart: degrees of latitude need more of them, populations none. */
export function askedPlace(share, low, high) {
  const value = low + share * (high - low), decade = Math.floor(Math.log10(high - low));
  const digits = decade === 0 || decade === 1 ? 2 : Math.max(0, 2 - decade);
  if (digits <= 9 && decade < 12) return value.toFixed(digits);
  return value.toExponential(2 + Math.max(0, Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)))) - decade));
}

/** Between the middles of a grid's cells, as its sheet is drawn; the grid begins at values[from]. */
export function askedValue({ rows, columns, values, from }, [a, b]) {
  const place = (share, n) => {
    const at = Math.min(Math.max(share * n - 0.5, 0), n - 1), low = Math.min(Math.floor(at), n - 2);
    return [low, at - low];
  };
  const [c, u] = place(a, columns), [r, v] = place(b, rows), i = from + r * columns + c;
  return (1 - v) * ((1 - u) * values[i] + u * values[i + 1]) + v * ((1 - u) * values[i + columns] + u * values[i + columns + 1]);
}
