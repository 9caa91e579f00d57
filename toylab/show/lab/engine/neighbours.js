// Who is near in a cloud: a k-d tree over points of the plane, for neighbours and for sums of kernels.

const LEAF = 8;

export class Neighbours {
  /** points: [n, 2], flat. Each node knows its box; its points lie side by side in `places`, their own numbers in `who`. */
  constructor(points) {
    const n = points.length / 2, most = Math.max(1, 4 * Math.ceil(n / LEAF));
    Object.assign(this, { n, count: 0, who: Int32Array.from({ length: n }, (_, i) => i), places: new Float64Array(2 * n) });
    Object.assign(this, { from: new Int32Array(most), to: new Int32Array(most), left: new Int32Array(most).fill(-1), right: new Int32Array(most), box: new Float64Array(4 * most) });
    if (n) this.split(points, 0, n);
    this.who.forEach((i, at) => { this.places[2 * at] = points[2 * i]; this.places[2 * at + 1] = points[2 * i + 1]; });
  }

  split(points, from, to) {
    const { who, box } = this, node = this.count++, low = [Infinity, Infinity], high = [-Infinity, -Infinity];
    for (let at = from; at < to; at++) {
      for (let c = 0; c < 2; c++) {
        const v = points[2 * who[at] + c];
        if (v < low[c]) low[c] = v;
        if (v > high[c]) high[c] = v;
      }
    }
    box.set([...low, ...high], 4 * node);
    this.from[node] = from;
    this.to[node] = to;
    const axis = high[0] - low[0] < high[1] - low[1] ? 1 : 0;
    // A dot cannot be cut.
    if (to - from <= LEAF || !(high[axis] > low[axis])) return node;
    const middle = (from + to) >> 1;
    let a = from, b = to - 1;
    // Hoare's selection of the median.
    while (a < b) {
      const pivot = points[2 * who[(a + b) >> 1] + axis];
      let i = a, j = b;
      while (i <= j) {
        while (points[2 * who[i] + axis] < pivot) i++;
        while (points[2 * who[j] + axis] > pivot) j--;
        if (i <= j) { const t = who[i]; who[i++] = who[j]; who[j--] = t; }
      }
      if (j < middle) a = i;
      if (i > middle) b = j;
    }
    this.left[node] = this.split(points, from, middle);
    this.right[node] = this.split(points, middle, to);
    return node;
  }

  /** Squared distance of a place to a node's box. */
  gap(node, x, y) {
    const { box } = this, at = 4 * node;
    const dx = x < box[at] ? box[at] - x : x > box[at + 2] ? x - box[at + 2] : 0;
    const dy = y < box[at + 1] ? box[at + 1] - y : y > box[at + 3] ? y - box[at + 3] : 0;
    return dx * dx + dy * dy;
  }

  /** The k nearest: squared distances, ascending, into `far`, the points' numbers into `which`. */
  nearest(x, y, far, which) {
    far.fill(Infinity);
    if (this.n) this.search(0, x, y, far, which);
  }

  /** Calls `use` with the number of each point no farther than the root of a squared distance. */
  within(x, y, reach, use, node = 0) {
    const { left, right, places, who } = this;
    if (!this.n || this.gap(node, x, y) > reach) return;
    if (left[node] >= 0) {
      this.within(x, y, reach, use, left[node]);
      this.within(x, y, reach, use, right[node]);
      return;
    }
    for (let i = this.from[node], end = this.to[node]; i < end; i++) {
      const dx = places[2 * i] - x, dy = places[2 * i + 1] - y;
      if (dx * dx + dy * dy <= reach) use(who[i]);
    }
  }

  search(node, x, y, far, which) {
    const { left, right, places, who } = this, last = far.length - 1;
    if (left[node] >= 0) {
      const a = this.gap(left[node], x, y), b = this.gap(right[node], x, y), swap = b < a;
      if ((swap ? b : a) < far[last]) this.search(swap ? right[node] : left[node], x, y, far, which);
      if ((swap ? a : b) < far[last]) this.search(swap ? left[node] : right[node], x, y, far, which);
      return;
    }
    for (let i = this.from[node], end = this.to[node]; i < end; i++) {
      const dx = places[2 * i] - x, dy = places[2 * i + 1] - y, d = dx * dx + dy * dy;
      if (d >= far[last]) continue;
      let at = last;
      for (; at > 0 && far[at - 1] > d; at--) { far[at] = far[at - 1]; which[at] = which[at - 1]; }
      far[at] = d;
      which[at] = who[i];
    }
  }
}
