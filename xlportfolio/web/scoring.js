// --- comparisons and sums ------------------------------------------------------------------------
// What stands here and in the next two parts is the method a second time, as the workbook's Python
// has it; tests hold both equal. Each function names where the same rule stands there.

/** The types in the order in which they are listed; `model.Quadrant`. */
const QUADRANTS = ["star", "question_mark", "free_rider", "poor_dog", "not_rated"];

/** @type {Axis[]} */
const AXES = ["value", "benefit"];

/**
 * A number as it is compared with bounds: to 9 decimals, halves to even; `scoring.rounded`.
 *
 * @param {number} number
 */
function rounded(number) {
  const scaled = number * 1e9;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return (isUp ? floor + 1 : floor) / 1e9;
}

/**
 * A sum in the order in which numpy adds (pairwise), so that means agree to the last digit.
 *
 * @param {ArrayLike<number>} terms
 * @param {number} from
 * @param {number} count
 * @returns {number}
 */
function pairwiseSum(terms, from = 0, count = terms.length) {
  if (count < 8) {
    let sum = 0;
    for (let i = from; i < from + count; i += 1) sum += terms[i];
    return sum;
  }
  if (count > 128) {
    let half = Math.floor(count / 2);
    half -= half % 8;
    return pairwiseSum(terms, from, half) + pairwiseSum(terms, from + half, count - half);
  }
  const sums = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => terms[from + k]);
  let i = 8;
  for (; i < count - (count % 8); i += 8) {
    for (let k = 0; k < 8; k += 1) sums[k] += terms[from + i + k];
  }
  const [a, b, c, d, e, f, g, h] = sums;
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (; i < count; i += 1) sum += terms[from + i];
  return sum;
}

/**
 * Whether one text comes before another by code points, as Python compares; 0 if they are the same.
 *
 * @param {string} one
 * @param {string} other
 */
function byCodePoint(one, other) {
  const [a, b] = [Array.from(one), Array.from(other)];
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const difference = a[i].codePointAt(0) - b[i].codePointAt(0);
    if (difference) return difference;
  }
  return a.length - b.length;
}

// --- scores, types and ranks ---------------------------------------------------------------------

/**
 * Weights as somebody has set them.
 *
 * @typedef {object} Weights
 * @property {number[]} criteria in the order of the criteria
 * @property {Record<Axis, number>} axes
 *
 * What follows from weights, for each row in the order of the data; NaN for what does not exist.
 * @typedef {object} Result
 * @property {Record<Axis, Float64Array>} scores
 * @property {Record<Axis, Float64Array>} coverages
 * @property {Record<Axis, number>} thresholds
 * @property {Float64Array} total
 * @property {Float64Array} rank
 * @property {string[]} quadrant
 * @property {boolean[]} borderline
 * @property {string[]} note
 * @property {number[]} order the rows in the order of the ranking
 * @property {number} rated how many are
 */

/**
 * The scores and coverages of one axis; `scoring.weighted_scores`.
 *
 * @param {Float64Array[]} values a column for each criterion; NaN where the measure is missing
 * @param {number[]} weights not all 0
 * @param {(number | null)[]} fills
 * @param {number} count of rows
 */
function weightedScores(values, weights, fills, count) {
  const exponent = -Math.floor(Math.log2(Math.max(...weights))) - 1;
  const scaled = weights.map((weight) => weight * 2 ** exponent); // an exact factor
  const all = pairwiseSum(scaled);
  const score = new Float64Array(count);
  const coverage = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    let points = 0;
    let used = 0;
    let measured = 0;
    for (let k = 0; k < scaled.length; k += 1) {
      const own = values[k][i];
      const isMeasured = own === own; // NaN is not
      if (isMeasured) measured += scaled[k];
      const value = isMeasured ? own : fills[k];
      if (value !== null) {
        points += scaled[k] * value;
        used += scaled[k];
      }
    }
    score[i] = used > 0 ? Math.min(Math.max(points / used, 0), 100) : NaN;
    coverage[i] = measured / all;
  }
  return { score, coverage };
}

/**
 * The number at which an axis is cut; `portfolio.threshold_of`.
 *
 * @param {{number: number, rule: "mean" | "median" | null}} threshold
 * @param {Float64Array} scores
 * @param {boolean[]} rated
 * @param {Customers} customers
 */
function thresholdOf(threshold, scores, rated, customers) {
  if (threshold.rule === null) return threshold.number;
  const all = Array.from(scores.keys()).filter((i) => rated[i]);
  const own = all.filter((i) => customers.status[i] !== "prospect");
  const among = own.length ? own : all;
  if (!among.length) return 50;
  if (threshold.rule === "mean") {
    among.sort((i, j) => customers.place[i] - customers.place[j]);
    return pairwiseSum(among.map((i) => scores[i])) / among.length;
  }
  const sorted = Float64Array.from(among, (i) => scores[i]).sort();
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The type; a score on its threshold is high; `portfolio.quadrants`.
 *
 * @param {number} value
 * @param {number} benefit
 * @param {Record<Axis, number>} thresholds
 */
function quadrantOf(value, benefit, thresholds) {
  const isHigh = rounded(value) >= rounded(thresholds.value);
  if (rounded(benefit) >= rounded(thresholds.benefit)) return isHigh ? "star" : "free_rider";
  return isHigh ? "question_mark" : "poor_dog";
}

/**
 * The rows in the order of the ranking and the rank of each; `portfolio.ranking_order`, `ranks`.
 *
 * @param {Float64Array} total
 * @param {Float64Array} value
 * @param {Customers} customers
 */
function ranking(total, value, customers) {
  const rows = Array.from(total.keys());
  const totals = total.map(rounded);
  const values = value.map(rounded);
  const isRated = (/** @type {number} */ i) => !Number.isNaN(total[i]);
  const rated = rows.filter(isRated).sort(
    (i, j) =>
      totals[j] - totals[i] ||
      values[j] - values[i] ||
      byCodePoint(customers.id[i], customers.id[j]) ||
      customers.place[i] - customers.place[j],
  );
  const rank = new Float64Array(total.length).fill(NaN);
  rated.forEach((i, at) => {
    const before = rated[at - 1];
    rank[i] = at && totals[before] === totals[i] ? rank[before] : at + 1;
  });
  const others = rows.filter((i) => !isRated(i));
  others.sort((i, j) => customers.place[i] - customers.place[j]);
  return { rank, order: [...rated, ...others] };
}

/**
 * Why a row is not rated; `analysis._notes`.
 *
 * @param {string} given the note as the data has it
 * @param {boolean} isValueCovered
 * @param {boolean} isBenefitCovered
 * @param {boolean} hasScores
 */
function noteOf(given, isValueCovered, isBenefitCovered, hasScores) {
  if (given === "repeated" || given === "unidentified") return given;
  if (!isValueCovered) return isBenefitCovered ? "value_coverage" : "both_coverages";
  if (!isBenefitCovered) return "benefit_coverage";
  return hasScores ? "" : "no_measure";
}

/**
 * Everything that follows from weights; `analysis.analyse`.
 *
 * @param {Data} data
 * @param {Weights} weights
 * @returns {Result}
 */
function computed(data, weights) {
  const { customers } = data;
  const count = customers.id.length;
  const scores = /** @type {Record<Axis, Float64Array>} */ ({});
  const coverages = /** @type {Record<Axis, Float64Array>} */ ({});
  for (const axis of AXES) {
    if (data.fixed[axis]) {
      scores[axis] = numbers(customers[axis]);
      coverages[axis] = numbers(customers[`${axis}_coverage`]);
      continue;
    }
    const own = Array.from(data.criteria.keys()).filter((k) => data.criteria[k].axis === axis);
    const found = weightedScores(
      own.map((k) => valuesOf(data, k)),
      own.map((k) => weights.criteria[k]),
      own.map((k) => data.criteria[k].fill),
      count,
    );
    scores[axis] = found.score.map((score, i) => (customers.note[i] === "repeated" ? NaN : score));
    coverages[axis] = found.coverage;
  }
  const needed = rounded(data.min_coverage / 100);
  const note = customers.note.map((given, i) =>
    noteOf(
      given,
      rounded(coverages.value[i]) >= needed,
      rounded(coverages.benefit[i]) >= needed,
      !Number.isNaN(scores.value[i]) && !Number.isNaN(scores.benefit[i]),
    ),
  );
  const rated = note.map((text) => text === "");
  const thresholds = /** @type {Record<Axis, number>} */ ({});
  for (const axis of AXES) {
    thresholds[axis] = thresholdOf(data.thresholds[axis], scores[axis], rated, customers);
  }
  const both = weights.axes.value + weights.axes.benefit;
  const total = scores.value.map((value, i) => {
    const sum = weights.axes.value * value + weights.axes.benefit * scores.benefit[i];
    return rated[i] ? sum / both : NaN;
  });
  const isNear = (/** @type {Axis} */ axis, /** @type {number} */ i) =>
    rounded(Math.abs(scores[axis][i] - thresholds[axis])) <= rounded(data.band);
  return {
    scores,
    coverages,
    thresholds,
    total,
    ...ranking(total, scores.value, customers),
    quadrant: note.map((text, i) =>
      text ? "not_rated" : quadrantOf(scores.value[i], scores.benefit[i], thresholds),
    ),
    borderline: rated.map((is, i) => is && (isNear("value", i) || isNear("benefit", i))),
    note,
    rated: rated.filter(Boolean).length,
  };
}

/**
 * What the workbook says, without computing it anew: where rows are left out, ranks are the whole's.
 *
 * @param {Data} data
 * @returns {Result}
 */
function asGiven(data) {
  const { customers, thresholds } = data;
  const rank = numbers(customers.rank);
  return {
    scores: { value: numbers(customers.value), benefit: numbers(customers.benefit) },
    coverages: {
      value: numbers(customers.value_coverage),
      benefit: numbers(customers.benefit_coverage),
    },
    thresholds: { value: thresholds.value.number, benefit: thresholds.benefit.number },
    total: numbers(customers.total),
    rank,
    quadrant: customers.quadrant,
    borderline: customers.borderline,
    note: customers.note,
    order: Array.from(customers.id.keys()),
    rated: rank.filter((number) => !Number.isNaN(number)).length,
  };
}

/**
 * A column with NaN for what is missing.
 *
 * @param {(number | null)[]} column
 */
function numbers(column) {
  return Float64Array.from(column, (number) => (number === null ? NaN : number));
}

/** Columns of values as numbers, made once. @type {WeakMap<(number | null)[], Float64Array>} */
const columnsOfValues = new WeakMap();

/**
 * The values of a criterion.
 *
 * @param {Data} data
 * @param {number} k
 */
function valuesOf(data, k) {
  const known = columnsOfValues.get(data.values[k]);
  if (known) return known;
  const made = numbers(data.values[k]);
  columnsOfValues.set(data.values[k], made);
  return made;
}

/**
 * Whether scores can be computed with these weights: on each axis one is above 0, and of the axes.
 *
 * @param {Data} data
 * @param {Weights} weights
 */
function isPossible(data, weights) {
  const hasWeight = (/** @type {Axis} */ axis) =>
    data.fixed[axis] || data.criteria.some((c, k) => c.axis === axis && weights.criteria[k] > 0);
  return AXES.every(hasWeight) && AXES.some((axis) => weights.axes[axis] > 0);
}

/**
 * The weights of the workbook.
 *
 * @param {Data} data
 * @returns {Weights}
 */
function givenWeights(data) {
  return { criteria: data.criteria.map((c) => c.weight), axes: { ...data.axis_weights } };
}

/**
 * The place of the strategy for a type and a status; `advice.strategies_for`.
 *
 * @param {Data} data
 * @param {string} quadrant
 * @param {string} status
 * @returns {Strategy | undefined}
 */
function strategyFor(data, quadrant, status) {
  const of = data.strategies.filter((strategy) => strategy.quadrant === quadrant);
  return of.find((s) => s.status === status) || of.find((s) => s.status === null);
}
