// --- where the names of customers stand in the matrix --------------------------------------------

/** Pixels between a point and its name. */
const GAP = 9;

/**
 * A name that is not longer than so many characters.
 *
 * @param {string} name
 * @param {number} most
 */
function shortened(name, most) {
  const signs = Array.from(name);
  return signs.length > most ? `${signs.slice(0, most - 1).join("").trimEnd()}…` : name;
}

/**
 * The side of its point on which each name stands: where fewest points lie; none over another.
 *
 * Boxes are left, top, right and bottom in pixels.
 *
 * @param {{at: number[], width: number}[]} wanted the points and how broad their names are, the
 *   most important first
 * @param {object} plot
 * @param {number[][]} plot.points all points, which names had better not cover
 * @param {number[][]} plot.kept boxes in which no name may stand
 * @param {number} plot.left
 * @param {number} plot.right
 * @param {number} plot.most how many points a name may cover
 * @returns {(string | null)[]} `null` where there is no room
 */
function sidesOf(wanted, { points, kept, left, right, most }) {
  const taken = [...kept];
  const isApart = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1];
  return wanted.map(({ at, width }) => {
    let best = null;
    let fewest = Infinity;
    for (const [side, box] of Object.entries(boxesAround(at, width))) {
      const isInside = box[0] > left && box[2] < right && box[1] > 2;
      if (!isInside || !taken.every((other) => isApart(box, other))) continue;
      const covered = points.filter(
        ([x, y]) => x > box[0] - 5 && x < box[2] + 5 && y > box[1] - 3 && y < box[3] + 3,
      ).length;
      if (covered < fewest) [best, fewest] = [{ side, box }, covered];
    }
    if (best === null || fewest > most) return null;
    taken.push(best.box);
    return best.side;
  });
}

/**
 * The boxes of a name on the four sides of its point.
 *
 * @param {number[]} at
 * @param {number} width
 * @returns {Record<string, number[]>}
 */
function boxesAround([x, y], width) {
  return {
    right: [x + GAP, y - 8, x + GAP + width, y + 8],
    left: [x - GAP - width, y - 8, x - GAP, y + 8],
    top: [x - width / 2, y - GAP - 15, x + width / 2, y - GAP],
    bottom: [x - width / 2, y + GAP, x + width / 2, y + GAP + 15],
  };
}
