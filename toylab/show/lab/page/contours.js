// Lines along which a function of the plane has a level: marching squares, joined to lines, in memory that is kept.

/** Grows as it is filled: what the pen takes for lines, in shares of the stage. */
export class LineStore {
  constructor() { Object.assign(this, { places: new Float64Array(256), ends: new Uint32Array(16), count: 0, n: 0 }); }

  clear() { this.count = this.n = 0; }

  put(x, y) {
    if (2 * this.n + 2 > this.places.length) {
      const longer = new Float64Array(2 * this.places.length);
      longer.set(this.places);
      this.places = longer;
    }
    this.places[2 * this.n] = x;
    this.places[2 * this.n + 1] = y;
    this.n += 1;
  }

  close() {
    if (this.count === this.ends.length) {
      const longer = new Uint32Array(2 * this.ends.length);
      longer.set(this.ends);
      this.ends = longer;
    }
    this.ends[this.count++] = this.n;
  }
}

export class ContourTracer {
  constructor() { Object.assign(this, { used: new Uint8Array(0), across: 0 }); }

  /** Add the lines of a level to a store. values: at the middles of cells, lowest row first, all finite. */
  trace(values, rows, columns, level, store) {
    Object.assign(this, { values, rows, columns, level, store });
    // Edges between neighbours in a row come first, then those between rows.
    this.across = rows * (columns - 1);
    const edges = this.across + (rows - 1) * columns;
    if (this.used.length < edges) this.used = new Uint8Array(edges);
    this.used.fill(0, 0, edges);
    // Lines that end at the border first; what is left are loops.
    for (let c = 0; c < columns - 1; c++) {
      this.follow(c, 0, c);
      this.follow((rows - 1) * (columns - 1) + c, rows - 2, c);
    }
    for (let r = 0; r < rows - 1; r++) {
      this.follow(this.across + r * columns, r, 0);
      this.follow(this.across + r * columns + columns - 1, r, columns - 2);
    }
    for (let r = 1; r < rows - 1; r++) for (let c = 0; c < columns - 1; c++) this.follow(r * (columns - 1) + c, r, c);
  }

  /** Whether a line crosses an edge; its place along it is left in `at`. */
  crosses(edge) {
    const { values, columns, level, across } = this;
    let a, b;
    if (edge < across) {
      a = edge + Math.floor(edge / (columns - 1));
      b = a + 1;
    } else {
      a = edge - across;
      b = a + columns;
    }
    return values[a] > level !== values[b] > level;
  }

  putEdge(edge) {
    const { values, columns, rows, level, across, store } = this, flat = edge < across;
    const a = flat ? edge + Math.floor(edge / (columns - 1)) : edge - across, b = flat ? a + 1 : a + columns;
    const part = (level - values[a]) / (values[b] - values[a]), r = Math.floor(a / columns), c = a - r * columns;
    store.put((c + 0.5 + (flat ? part : 0)) / columns, (r + 0.5 + (flat ? 0 : part)) / rows);
  }

  // From an edge into a cell and on, to the border or round to where it began.
  follow(edge, r, c) {
    if (this.used[edge] || !this.crosses(edge)) return;
    const { rows, columns, across, used } = this, start = edge;
    used[edge] = 1;
    this.putEdge(edge);
    for (;;) {
      edge = this.leave(edge, r, c);
      this.putEdge(edge);
      if (edge === start) break;
      used[edge] = 1;
      // The cell on the edge's other side.
      if (edge < across) {
        const row = Math.floor(edge / (columns - 1));
        r = r === row ? row - 1 : row;
        if (r < 0 || r > rows - 2) break;
      } else {
        const column = (edge - across) % columns;
        c = c === column ? column - 1 : column;
        if (c < 0 || c > columns - 2) break;
      }
    }
    this.store.close();
  }

  // Where a line that comes into a cell leaves it.
  leave(edge, r, c) {
    const { values, columns, across, level } = this, a = r * columns + c;
    const bottom = r * (columns - 1) + c, top = bottom + columns - 1, left = across + a, right = left + 1;
    const low = values[a] > level, lowRight = values[a + 1] > level, high = values[a + columns] > level, highRight = values[a + columns + 1] > level;
    if (low !== lowRight && lowRight !== highRight && highRight !== high) {
      // A saddle: the middle says which corners hang together.
      const middle = (values[a] + values[a + 1] + values[a + columns] + values[a + columns + 1]) / 4 > level;
      if (middle === low) {
        if (edge === bottom) return right;
        if (edge === right) return bottom;
        return edge === top ? left : top;
      }
      if (edge === bottom) return left;
      if (edge === left) return bottom;
      return edge === top ? right : top;
    }
    if (edge !== bottom && low !== lowRight) return bottom;
    if (edge !== right && lowRight !== highRight) return right;
    if (edge !== top && high !== highRight) return top;
    return left;
  }
}
