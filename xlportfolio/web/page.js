"use strict";

/**
 * The data of the page, as `web_data.py` makes it. Numbers have full precision; what is missing is
 * null. Columns have an entry for each row of the ranking, in its order.
 *
 * @typedef {"value" | "benefit"} Axis
 *
 * @typedef {object} Data
 * @property {string} language "en" or "de"
 * @property {string} as_of the day, as it is written in that language
 * @property {Texts} texts
 * @property {Record<Axis, {number: number, rule: "mean" | "median" | null}>} thresholds the number
 *   used, and the rule by which it follows from the scores; null: it stays (a typed number, or
 *   rows are left out)
 * @property {Record<Axis, number>} axis_weights
 * @property {Record<Axis, boolean>} fixed whether a criterion of the axis is hidden: its scores and
 *   coverages stay as they are, and none of its criteria is in `criteria`
 * @property {number} band `borderline_band`
 * @property {number} min_coverage in percent
 * @property {number} top_labels how many customers the matrix names
 * @property {boolean} part whether rows are left out: ranks as given are those of the whole
 * @property {Criterion[]} criteria
 * @property {Strategy[]} strategies the standard strategies, in their order
 * @property {Customers} customers
 * @property {(number | null)[][]} values for each criterion, its column of values of 0 to 100;
 *   null where the measure is missing (before `fill`)
 * @property {Movement | null} movement
 *
 * @typedef {object} Criterion
 * @property {string} name
 * @property {Axis} axis
 * @property {number} weight as typed
 * @property {string} unit
 * @property {number | null} fill the value of a missing measure; null: the criterion is left out
 *
 * @typedef {object} Strategy
 * @property {string} quadrant
 * @property {string | null} status null: for both
 * @property {string} strategy
 * @property {string} activity
 * @property {string} text
 *
 * @typedef {object} Customers
 * @property {string[]} id
 * @property {string[]} name may be ""
 * @property {string[]} status "customer", "prospect"
 * @property {string[]} quadrant "star", "question_mark", "free_rider", "poor_dog", "not_rated"
 * @property {(number | null)[]} value the score
 * @property {(number | null)[]} benefit the score
 * @property {(number | null)[]} total
 * @property {(number | null)[]} rank
 * @property {boolean[]} borderline
 * @property {string[]} abc "A", "B", "C", ""
 * @property {(number | null)[]} value_coverage 0 to 1
 * @property {(number | null)[]} benefit_coverage 0 to 1
 * @property {string[]} note why a row is not rated (`analysis.Note`), "" for rated ones
 * @property {string[]} note_text the same in words, "" for rated ones
 * @property {string[]} reason in words, "" for rows not rated
 * @property {(number | null)[]} strategy the place in `strategies`
 * @property {number[]} place the place among the rows of the input, from 0: means and sums run in
 *   that order, and so come to the same last digit
 *
 * @typedef {object} Movement
 * @property {string} since the earlier day, as it is written
 * @property {(number | null)[]} value what `movement.customers` calls value_then; null: was not
 *   there or not rated on either day
 * @property {(number | null)[]} benefit benefit_then
 * @property {string[]} quadrant the type then; "" if new
 * @property {string[]} reason what has happened, in words; "" if nothing
 * @property {string[]} model sentences on what has changed in the method
 * @property {{id: string, name: string, quadrant: string, reason: string}[]} gone who is no longer
 *   there
 *
 * Texts are branches of the locale file: `axes`, `statuses`, `quadrants`, `quadrants_plural`,
 * `meanings`, `notes`, `web`, and of `columns` and `matrix` the keys that are used here.
 * @typedef {Record<string, Record<string, string>>} Texts
 */

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

/**
 * The rows that have moved farthest by themselves, at most ten; as in the workbook's own chart.
 *
 * @param {Data} data
 * @returns {number[]}
 */
function largestMoves(data) {
  const { customers, movement } = data;
  if (!movement) return [];
  const distance = customers.id.map((_, i) => {
    const [value, benefit] = [movement.value[i], movement.benefit[i]];
    const [own, other] = [customers.value[i], customers.benefit[i]];
    if (value === null || benefit === null || customers.rank[i] === null) return 0;
    return rounded(Math.hypot(value - own, benefit - other));
  });
  const moved = Array.from(distance.keys()).filter((i) => distance[i] > 0);
  return moved.sort((i, j) => distance[j] - distance[i] || i - j).slice(0, 10);
}

// --- filters and order ---------------------------------------------------------------------------

/**
 * What is asked for; an empty set asks for nothing in particular.
 *
 * @typedef {object} Filters
 * @property {string} search
 * @property {Record<Group, Set<string>>} groups
 * @property {boolean} changed only those whose type is another one
 */

/** @type {Group[]} @typedef {"quadrant" | "status" | "abc"} Group */
const GROUPS = ["quadrant", "status", "abc"];

/**
 * Which filter keeps a row out: "" for none, the one that alone does, or "several".
 *
 * @param {number} i
 * @param {Filters} filters
 * @param {(group: Group, i: number) => string} valueOf
 * @param {(i: number) => boolean} isChanged
 * @param {string[]} searched for each row, what is searched in
 */
function keptOutBy(i, filters, valueOf, isChanged, searched) {
  let by = "";
  const fails = (/** @type {string} */ name) => {
    by = by ? "several" : name;
  };
  for (const group of GROUPS) {
    const chosen = filters.groups[group];
    if (chosen.size && !chosen.has(valueOf(group, i))) fails(group);
  }
  if (filters.changed && !isChanged(i)) fails("changed");
  const { search } = filters;
  if (search && !search.split(" ").every((word) => searched[i].includes(word))) fails("search");
  return by;
}

/**
 * A text as it is searched: without case, accents and space around.
 *
 * @param {string} text
 */
function searchable(text) {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/ß/g, "ss").replace(/\s+/g, " ").trim();
}

// --- words and numbers ---------------------------------------------------------------------------

/** @type {Data} */
const DATA = JSON.parse(byId("data").textContent);
const TEXTS = DATA.texts;
const FEW = new Intl.NumberFormat(DATA.language, { maximumFractionDigits: 2 });
const SCORE = new Intl.NumberFormat(DATA.language, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const WHOLE = new Intl.NumberFormat(DATA.language, { maximumFractionDigits: 0 });
const PERCENT = new Intl.NumberFormat(DATA.language, { style: "percent" });
const COLLATOR = new Intl.Collator(DATA.language, { numeric: true });

/**
 * A text of the page with its details filled in.
 *
 * @param {string} key
 * @param {Record<string, string>} [details]
 */
function text(key, details = {}) {
  return filled(TEXTS.web[key], details);
}

/**
 * A template with its details filled in, once and not again in what was filled in.
 *
 * @param {string} template
 * @param {Record<string, string>} details
 */
function filled(template, details) {
  return template.replace(/\{(\w+)\}/g, (_, name) => details[name]);
}

/** @param {number} number */
const score = (number) => (Number.isNaN(number) ? "–" : SCORE.format(number));

/** @param {number} number */
const place = (number) => (Number.isNaN(number) ? "–" : WHOLE.format(number));

/**
 * What a customer is called.
 *
 * @param {number} i
 */
const nameOf = (i) => DATA.customers.name[i] || DATA.customers.id[i] || "–";

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/**
 * A new element with a class, a text, and attributes; texts are never read as markup.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {{[attribute: string]: string | undefined}} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** The shapes by which types are told apart: what ECharts calls them, and as a path of 14 by 14. */
const SHAPES = /** @type {Record<string, {symbol: string, size: number, path: string}>} */ ({
  star: { symbol: "diamond", size: 14, path: "M7 0 14 7 7 14 0 7Z" },
  question_mark: { symbol: "triangle", size: 13, path: "M7 1 13.5 13 0.5 13Z" },
  free_rider: { symbol: "rect", size: 10, path: "M1.5 1.5H12.5V12.5H1.5Z" },
  poor_dog: { symbol: "circle", size: 11, path: "M7 1A6 6 0 1 1 6.99 1Z" },
  not_rated: { symbol: "none", size: 0, path: "M1 6H13V8H1Z" },
});

/**
 * The shape of a type, for the eye alone: its name stands beside it.
 *
 * @param {string} quadrant
 */
function shape(quadrant) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", `shape ${quadrant}`);
  svg.setAttribute("viewBox", "0 0 14 14");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[quadrant].path);
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}

// --- what is seen --------------------------------------------------------------------------------

const GIVEN = asGiven(DATA);
/** What changed weights are compared with; where rows are left out, ranks among those shown. */
const BASE = DATA.part ? computed(DATA, givenWeights(DATA)) : GIVEN;
const MOVES = largestMoves(DATA);
const SEARCHED = DATA.customers.id.map((id, i) => searchable(`${DATA.customers.name[i]} ${id}`));

/** Rows that the list shows at first, and how many more at a time. */
const STEP = 100;

/** What the user has asked for, and what follows from it. */
const state = {
  weights: givenWeights(DATA),
  result: GIVEN,
  isChanged: false,
  /** @type {Filters} */
  filters: {
    search: "",
    groups: { quadrant: new Set(), status: new Set(), abc: new Set() },
    changed: false,
  },
  /** the rows that pass the filters, in the order of the ranking */
  shown: GIVEN.order,
  view: "ranking",
  sort: "rank",
  isDescending: false,
  limit: STEP,
  /** @type {number | null} */
  chosen: null,
  /** @type {number | null} */
  pointed: null,
  arrows: false,
};

/**
 * The value by which a group of filters knows a row.
 *
 * @param {Group} group
 * @param {number} i
 */
function groupOf(group, i) {
  if (group === "quadrant") return state.result.quadrant[i];
  return group === "status" ? DATA.customers.status[i] : DATA.customers.abc[i];
}

/** @param {number} i */
const hasOtherType = (i) => state.result.quadrant[i] !== GIVEN.quadrant[i];

/** @param {number} i */
const keptOut = (i) => keptOutBy(i, state.filters, groupOf, hasOtherType, SEARCHED);

/** @param {number} i */
const isSeen = (i) => keptOut(i) === "";

/** The strategy of a row, which follows from its type. @param {number} i */
const strategyOf = (i) =>
  strategyFor(DATA, state.result.quadrant[i], DATA.customers.status[i]);

/**
 * Why a row is not rated, in words.
 *
 * @param {number} i
 */
function noteText(i) {
  const { note, coverages } = state.result;
  if (note[i] === DATA.customers.note[i] && !state.isChanged) return DATA.customers.note_text[i];
  if (note[i] === "repeated" || note[i] === "unidentified") return DATA.customers.note_text[i];
  return filled(TEXTS.notes[note[i]], {
    value: PERCENT.format(coverages.value[i]),
    benefit: PERCENT.format(coverages.benefit[i]),
    needed: PERCENT.format(DATA.min_coverage / 100),
  });
}

/** Why a customer is where it is, or why it is not rated. @param {number} i */
const reasonText = (i) => (state.result.note[i] ? noteText(i) : DATA.customers.reason[i]);

// --- the card of a customer ----------------------------------------------------------------------

/**
 * Everything about one customer.
 *
 * @param {number} i
 * @param {boolean} [isBrief] without what takes longer to read than to point
 * @returns {Node[]}
 */
function card(i, isBrief = false) {
  const { result, isChanged } = state;
  const { customers, movement } = DATA;
  const isRated = result.note[i] === "";
  const number = customers.id[i] === nameOf(i) ? "" : customers.id[i];
  const kind = [number, TEXTS.statuses[customers.status[i]]];
  if (customers.abc[i]) kind.push(`${TEXTS.columns.abc_class} ${customers.abc[i]}`);
  const type = element("p", {}, shape(result.quadrant[i]), ` ${TEXTS.quadrants[result.quadrant[i]]}`);
  if (hasOtherType(i)) {
    const before = TEXTS.quadrants[GIVEN.quadrant[i]];
    type.append(element("span", { class: "kind" }, ` (${text("type_before", { type: before })})`));
  }
  const parts = [
    element("p", { class: "name" }, nameOf(i)),
    element("p", { class: "kind" }, kind.filter(Boolean).join(" · ")),
    type,
    figures(i),
  ];
  if (result.borderline[i]) {
    parts.push(element("p", {}, text("borderline", { band: FEW.format(DATA.band) })));
  }
  const [value, benefit] = AXES.map((axis) => result.coverages[axis][i]);
  if (isRated && (rounded(value) < 1 || rounded(benefit) < 1)) {
    const known = { value: PERCENT.format(value), benefit: PERCENT.format(benefit) };
    parts.push(element("p", { class: "kind" }, text("coverage", known)));
  }
  if (isRated && customers.reason[i]) {
    parts.push(element("h3", {}, text("reason")), element("p", {}, customers.reason[i]));
    if (isChanged) parts.push(element("p", { class: "kind" }, text("stays")));
  } else if (!isRated) {
    parts.push(element("h3", {}, text("why_not_rated")), element("p", {}, noteText(i)));
  }
  const strategy = strategyOf(i);
  if (strategy) {
    const said = [strategy.strategy, strategy.activity].filter(Boolean).join(": ");
    parts.push(element("h3", {}, text("recommendation")), element("p", {}, said));
    if (strategy.text && !isBrief) parts.push(element("p", { class: "kind" }, strategy.text));
  }
  if (movement && movement.reason[i] && !isBrief) {
    const since = text("moved", { since: movement.since });
    parts.push(element("h3", {}, since), element("p", {}, movement.reason[i]));
  }
  return parts;
}

/**
 * The scores and the rank of a customer, and what they were before the weights were changed.
 *
 * @param {number} i
 */
function figures(i) {
  const { result } = state;
  /** @type {[string, number, number, (number: number) => string, string][]} */
  const rows = [
    [TEXTS.axes.value, result.scores.value[i], BASE.scores.value[i], score, ""],
    [TEXTS.axes.benefit, result.scores.benefit[i], BASE.scores.benefit[i], score, ""],
    [TEXTS.web.total, result.total[i], BASE.total[i], score, ""],
    [TEXTS.columns.rank, result.rank[i], BASE.rank[i], place, WHOLE.format(result.rated)],
  ];
  const list = element("dl", { class: "scores" });
  for (const [name, now, before, spell, all] of rows) {
    const number = element("dd", {}, spell(now));
    if (state.isChanged && spell(now) !== spell(before)) {
      number.append(element("small", {}, text("rank_was", { rank: spell(before) })));
    }
    list.append(element("div", {}, element("dt", {}, name), number));
    if (all) number.title = text("rank_of", { rank: spell(now), rated: all });
  }
  return list;
}

/**
 * A customer in one sentence, for those who listen.
 *
 * @param {number} i
 */
function spoken(i) {
  const { result } = state;
  if (result.note[i]) return text("announced_not_rated", { customer: nameOf(i) });
  return text("announced", {
    customer: nameOf(i),
    type: TEXTS.quadrants[result.quadrant[i]],
    rank: place(result.rank[i]),
    rated: WHOLE.format(result.rated),
    value: score(result.scores.value[i]),
    benefit: score(result.scores.benefit[i]),
  });
}

// --- the matrix ----------------------------------------------------------------------------------

/** The space around the plot, for the names and numbers of the axes. */
const MARGIN = { left: 56, right: 14, top: 24, bottom: 50 };
/** How near the pointer must come to a point, in pixels; a finger is broader than a mouse. */
const REACH = { mouse: 12, touch: 26 };
/** The matrix on paper, as broad as an upright page. */
const PAPER = { renderer: "svg", width: 680, height: 470 };

class Matrix {
  /**
   * @param {HTMLElement} host
   * @param {boolean} [isPaper] whether it is drawn once, as lines that print sharply
   */
  constructor(host, isPaper = false) {
    this.host = host;
    this.isPaper = isPaper;
    this.tip = byId("tip");
    this.chart = echarts.init(host, null, isPaper ? PAPER : { renderer: "canvas" });
    this.pen = document.createElement("canvas").getContext("2d");
    /** @type {Map<string, number>} */
    this.widths = new Map();
    /** @type {Map<string, string>} */
    this.colours = new Map();
    /** @type {Record<string, any>} */
    this.rings = {};
    /** @type {number[]} the rows that are drawn, in the order of the ranking */
    this.drawn = [];
    /** @type {number[][]} where no name of a customer may stand: left, top, right, bottom */
    this.kept = [];
    this.dress();
    if (isPaper) this.chart.getZr().flush();
    else this.listen();
  }

  /** A colour of the style sheet. @param {string} name */
  colour(name) {
    return this.colours.get(name);
  }

  /** Everything that depends on the colours, the texts, and the size. */
  dress() {
    const style = getComputedStyle(document.documentElement);
    const areas = QUADRANTS.map((type) => `${type}-area`);
    for (const name of [...QUADRANTS, ...areas, "ink", "soft", "edge", "panel", "mark"]) {
      this.colours.set(name, style.getPropertyValue(`--${name}`).trim());
    }
    this.family = getComputedStyle(document.body).fontFamily;
    this.isNarrow = this.chart.getWidth() < 520;
    const soft = this.colour("soft");
    const axis = (/** @type {string} */ name, /** @type {object} */ more) => ({
      type: "value",
      min: 0,
      max: 100,
      interval: this.isNarrow ? 25 : 10,
      name,
      nameLocation: "middle",
      nameTextStyle: { color: this.colour("ink"), fontSize: 13 },
      axisLabel: { color: soft, fontSize: 12, formatter: (/** @type {number} */ x) => WHOLE.format(x) },
      axisLine: { show: true, lineStyle: { color: this.colour("edge") } },
      axisTick: { show: true, lineStyle: { color: this.colour("edge") } },
      splitLine: { show: false },
      ...more,
    });
    const types = QUADRANTS.slice(0, 4);
    this.chart.setOption(
      {
        animation: false,
        textStyle: { fontFamily: this.family },
        grid: MARGIN,
        xAxis: axis(TEXTS.matrix.x_axis, { nameGap: 30 }),
        yAxis: axis(TEXTS.matrix.y_axis, { nameGap: 36 }),
        series: [
          { id: "ground", type: "scatter", silent: true, data: [], z: 0 },
          ...types.flatMap((type) => [this.points(type, "customer"), this.points(type, "prospect")]),
          {
            id: "arrows",
            type: "lines",
            coordinateSystem: "cartesian2d",
            silent: true,
            z: 4,
            symbol: ["circle", "arrow"],
            symbolSize: [4, 9],
            lineStyle: { color: this.colour("mark"), width: 1.5, opacity: 0.85 },
            data: [],
          },
          { id: "names", type: "scatter", silent: true, symbolSize: 0.1, clip: false, z: 6, data: [] },
        ],
      },
      { notMerge: true },
    );
    this.draw();
  }

  /**
   * The series of the points of one type.
   *
   * @param {string} type
   * @param {string} status
   */
  points(type, status) {
    const [own, panel] = [this.colour(type), this.colour("panel")];
    const isHollow = status === "prospect";
    return {
      id: `${type} ${status}`,
      type: "scatter",
      silent: true,
      large: true, // one path for all points: thousands follow a slider
      largeThreshold: 1,
      progressive: 0,
      clip: false,
      z: 3,
      symbol: SHAPES[type].symbol,
      symbolSize: SHAPES[type].size * this.shrink() * (this.isNarrow ? 0.85 : 1),
      itemStyle: {
        color: isHollow ? panel : own,
        borderColor: isHollow ? own : panel,
        borderWidth: isHollow ? 2 : this.shrink() < 1 ? 0 : 1,
        opacity: 1,
      },
      data: [],
    };
  }

  /** Points get smaller where there are many. */
  shrink() {
    const count = DATA.customers.id.length;
    return count > 1500 ? 0.55 : count > 400 ? 0.75 : 1;
  }

  /**
   * The place of two scores on the canvas.
   *
   * @param {number} benefit
   * @param {number} value
   */
  pixel(benefit, value) {
    const width = this.chart.getWidth() - MARGIN.left - MARGIN.right;
    const height = this.chart.getHeight() - MARGIN.top - MARGIN.bottom;
    return [MARGIN.left + (benefit / 100) * width, MARGIN.top + (1 - value / 100) * height];
  }

  /** The place of a row on the canvas. @param {number} i */
  at(i) {
    return this.pixel(state.result.scores.benefit[i], state.result.scores.value[i]);
  }

  /** Draw what is seen now. */
  draw() {
    const { result, shown } = state;
    const counts = new Map(QUADRANTS.map((type) => [type, 0]));
    /** @type {Map<string, number[]>} */
    const points = new Map();
    for (const type of QUADRANTS.slice(0, 4)) {
      points.set(`${type} customer`, []);
      points.set(`${type} prospect`, []);
    }
    this.drawn = [];
    for (const i of shown) {
      const type = result.quadrant[i];
      counts.set(type, counts.get(type) + 1);
      if (type === "not_rated") continue;
      this.drawn.push(i);
      const own = points.get(`${type} ${DATA.customers.status[i]}`);
      own.push(result.scores.benefit[i], result.scores.value[i]);
    }
    const series = Array.from(points, ([id, flat]) => ({ id, data: Float64Array.from(flat) }));
    const ground = this.ground(counts);
    this.chart.setOption({
      series: [
        ground,
        ...series,
        { id: "arrows", data: this.arrows() },
        { id: "names", data: this.names() },
      ],
    });
    if (this.isPaper) return;
    this.host.setAttribute(
      "aria-label",
      text("matrix_label", { shown: WHOLE.format(this.drawn.length) }),
    );
    this.mark();
  }

  /**
   * The four areas with their names, and the thresholds.
   *
   * @param {Map<string, number>} counts
   */
  ground(counts) {
    const { value, benefit } = state.result.thresholds;
    /** @type {[string, number[], number[], string][]} */
    const areas = [
      ["question_mark", [0, value], [benefit, 100], "insideTopLeft"],
      ["star", [benefit, value], [100, 100], "insideTopRight"],
      ["poor_dog", [0, 0], [benefit, value], "insideBottomLeft"],
      ["free_rider", [benefit, 0], [100, value], "insideBottomRight"],
    ];
    const plot = this.chart.getWidth() - MARGIN.left - MARGIN.right;
    this.kept = [];
    const shaded = areas.map(([type, from, to, position]) => {
      const bare = TEXTS.quadrants_plural[type];
      const full = `${bare}  ${WHOLE.format(counts.get(type))}`;
      const room = ((to[0] - from[0]) / 100) * plot - 16;
      const name = this.width(full, true) <= room ? full : bare;
      const isShown = this.width(name, true) <= room && to[1] - from[1] > 6;
      if (isShown) this.keep(position, this.width(name, true), from, to);
      const label = {
        show: isShown,
        formatter: name,
        position,
        distance: 8,
        color: this.colour(type),
        fontSize: 13,
        fontWeight: 600,
      };
      return [
        { coord: from, itemStyle: { color: this.colour(`${type}-area`) }, label },
        { coord: to },
      ];
    });
    const [x, y] = this.pixel(benefit, value);
    const end = this.chart.getWidth() - MARGIN.right;
    this.kept.push([end - 150, y - 20, end, y], [x - 90, 0, x + 90, MARGIN.top]);
    const line = (/** @type {Axis} */ axis, /** @type {string} */ side, /** @type {object} */ label) => {
      const { rule } = DATA.thresholds[axis];
      const key = rule === null ? "threshold" : `threshold_${rule}`;
      const number = FEW.format(state.result.thresholds[axis]);
      return {
        [side]: state.result.thresholds[axis],
        label: { formatter: text(key, { number }), color: this.colour("soft"), fontSize: 12, ...label },
      };
    };
    return {
      id: "ground",
      markArea: { silent: true, data: shaded },
      markLine: {
        silent: true,
        symbol: "none",
        lineStyle: { color: this.colour("edge"), type: "dashed", width: 1.5 },
        data: [
          line("benefit", "xAxis", { position: "end", distance: 6 }),
          line("value", "yAxis", { position: "insideEndTop" }),
        ],
      },
    };
  }

  /** The largest moves among those that are seen; they only fit the original weights. */
  arrows() {
    if (!state.arrows || state.isChanged || !DATA.movement) return [];
    const { value, benefit } = DATA.movement;
    const { scores } = state.result;
    return MOVES.filter((i) => isSeen(i)).map((i) => ({
      coords: [
        [benefit[i], value[i]],
        [scores.benefit[i], scores.value[i]],
      ],
    }));
  }

  /**
   * Remember where the name of an area stands, so that names of customers keep clear of it.
   *
   * @param {string} position
   * @param {number} width
   * @param {number[]} from
   * @param {number[]} to
   */
  keep(position, width, from, to) {
    const [left, bottom] = this.pixel(from[0], from[1]);
    const [right, top] = this.pixel(to[0], to[1]);
    const x = position.endsWith("Left") ? left : right - width - 16;
    const y = position.startsWith("insideTop") ? top : bottom - 28;
    this.kept.push([x, y, x + width + 16, y + 28]);
  }

  /**
   * How broad a text is.
   *
   * @param {string} name
   * @param {boolean} [isBold] whether it is the name of an area
   */
  width(name, isBold = false) {
    const font = isBold ? `600 13px ${this.family}` : `12px ${this.family}`;
    const key = `${font} ${name}`;
    if (!this.widths.has(key)) {
      this.pen.font = font;
      this.widths.set(key, this.pen.measureText(name).width);
    }
    return this.widths.get(key);
  }

  /** The names of the first, each on the side where fewest points lie; none over another. */
  names() {
    const right = this.chart.getWidth() - 2;
    const room = this.isNarrow ? 20 : 34;
    /** @type {number[][]} */
    const taken = [...this.kept];
    const points = this.drawn.slice(0, 600).map((i) => this.at(i));
    const isApart = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
      a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1];
    const named = [];
    const most = this.isNarrow ? Math.min(DATA.top_labels, 6) : DATA.top_labels;
    for (const i of this.drawn.slice(0, most)) {
      const full = Array.from(nameOf(i));
      const name = full.length > room ? `${full.slice(0, room - 1).join("").trimEnd()}…` : full.join("");
      const [x, y] = this.at(i);
      const [w, gap] = [this.width(name), 9];
      const sides = Object.entries({
        right: [x + gap, y - 8, x + gap + w, y + 8],
        left: [x - gap - w, y - 8, x - gap, y + 8],
        top: [x - w / 2, y - gap - 15, x + w / 2, y - gap],
        bottom: [x - w / 2, y + gap, x + w / 2, y + gap + 15],
      });
      let best = null;
      let fewest = Infinity;
      for (const [side, box] of sides) {
        const isInside = box[0] > MARGIN.left && box[2] < right && box[1] > 2;
        if (!isInside || !taken.every((other) => isApart(box, other))) continue;
        const hit = points.filter(
          ([px, py]) => px > box[0] - 5 && px < box[2] + 5 && py > box[1] - 3 && py < box[3] + 3,
        ).length;
        if (hit < fewest) [best, fewest] = [{ side, box }, hit];
      }
      if (best === null || fewest > (this.shrink() < 1 ? 4 : 1)) continue;
      taken.push(best.box);
      named.push({
        value: [state.result.scores.benefit[i], state.result.scores.value[i]],
        label: {
          show: true,
          formatter: () => name,
          position: best.side,
          distance: gap,
          color: this.colour("ink"),
          fontSize: 12,
          textBorderColor: this.colour("panel"),
          textBorderWidth: 3,
        },
      });
    }
    return named;
  }

  /** Rings around the chosen customer and the one pointed at. */
  mark() {
    const surface = this.chart.getZr();
    for (const [kind, i] of Object.entries({ chosen: state.chosen, pointed: state.pointed })) {
      if (this.rings[kind]) surface.remove(this.rings[kind]);
      this.rings[kind] = null;
      if (i === null || state.result.note[i] || !isSeen(i)) continue;
      const [cx, cy] = this.at(i);
      this.rings[kind] = new echarts.graphic.Circle({
        shape: { cx, cy, r: kind === "chosen" ? 13 : 10 },
        style: { fill: "none", stroke: this.colour("mark"), lineWidth: kind === "chosen" ? 2.5 : 1.5 },
        silent: true,
        zlevel: 1, // on a canvas of its own: the points are not drawn anew
      });
      surface.add(this.rings[kind]);
    }
  }

  /** Show the card beside a point; nobody: hide it. @param {number | null} i */
  showTip(i) {
    if (i === null || state.result.note[i] || !isSeen(i)) {
      this.tip.hidden = true;
      return;
    }
    this.tip.replaceChildren(...card(i, true));
    this.tip.hidden = false;
    const [x, y] = this.at(i);
    const [width, height] = [this.tip.offsetWidth, this.tip.offsetHeight];
    const left = x + 18 + width < this.host.clientWidth ? x + 18 : x - 18 - width;
    const top = Math.min(Math.max(y - height / 2, 0), this.host.clientHeight - height);
    this.tip.style.left = `${Math.max(left, 0)}px`;
    this.tip.style.top = `${top}px`;
  }

  /**
   * The row nearest to a place on the canvas, if one is near enough.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   */
  nearest(x, y, reach) {
    let [best, least] = [/** @type {number | null} */ (null), reach];
    for (const i of this.drawn) {
      const [px, py] = this.at(i);
      const distance = Math.hypot(px - x, py - y);
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  listen() {
    const { host } = this;
    const find = (/** @type {PointerEvent} */ event) => {
      const { left, top } = host.getBoundingClientRect();
      const reach = event.pointerType === "touch" ? REACH.touch : REACH.mouse;
      return this.nearest(event.clientX - left, event.clientY - top, reach);
    };
    host.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const i = find(event);
      host.style.cursor = i === null ? "default" : "pointer";
      point(i, true);
    });
    host.addEventListener("pointerleave", () => point(null));
    host.addEventListener("click", (event) => choose(find(/** @type {PointerEvent} */ (event))));
    host.addEventListener("keydown", (event) => this.press(event));
    host.addEventListener("blur", () => point(null));
    new ResizeObserver(() => {
      const [width, height] = [host.clientWidth, host.clientHeight];
      if (!width || (width === this.chart.getWidth() && height === this.chart.getHeight())) return;
      this.chart.resize();
      this.dress();
    }).observe(host);
  }

  /** Arrow keys go through the ranking of those who are drawn. @param {KeyboardEvent} event */
  press(event) {
    const last = this.drawn.length - 1;
    const from = state.pointed === null ? state.chosen : state.pointed;
    const at = from === null ? -1 : this.drawn.indexOf(from);
    /** @type {Record<string, number>} */
    const steps = {
      ArrowRight: Math.min(at + 1, last),
      ArrowDown: Math.min(at + 1, last),
      ArrowLeft: Math.max(at - 1, 0),
      ArrowUp: Math.max(at - 1, 0),
      PageDown: Math.min(at + 10, last),
      PageUp: Math.max(at - 10, 0),
      Home: 0,
      End: last,
    };
    if (event.key in steps && last >= 0) {
      point(this.drawn[steps[event.key]], true);
      say(spoken(this.drawn[steps[event.key]]));
    } else if (event.key === "Enter" || event.key === " ") {
      if (state.pointed === null) return;
      choose(state.pointed);
    } else if (event.key === "Escape") {
      if (state.pointed === null) choose(null);
      point(null);
    } else {
      return;
    }
    event.preventDefault();
  }
}

/** @type {Matrix | null} */
let matrix = null;

/** Whether a card beside the pointer has room; elsewhere it stands below the matrix. */
const hasRoom = window.matchMedia("(min-width: 821px)");

/**
 * Point at a customer: its ring, its line in the list, and its card.
 *
 * @param {number | null} i
 * @param {boolean} [isInMatrix] whether a card is shown there
 */
function point(i, isInMatrix = false) {
  if (matrix && (i === null || (isInMatrix && hasRoom.matches))) {
    if (i !== state.pointed || i === null) matrix.showTip(i);
  }
  if (i === state.pointed) return;
  state.pointed = i;
  if (matrix) matrix.mark();
  list.mark();
}

/**
 * Choose a customer, or nobody.
 *
 * @param {number | null} i
 */
function choose(i) {
  state.chosen = i;
  if (i !== null) say(spoken(i));
  if (matrix) matrix.mark();
  list.mark();
  showChosen();
}

function showChosen() {
  const i = state.chosen;
  byId("chosen-card").replaceChildren(
    ...(i === null ? [element("p", { class: "hint" }, text("nobody_chosen"))] : card(i)),
  );
  byId("close").hidden = i === null;
}

/** Say something to those who listen. @param {string} sentence */
function say(sentence) {
  byId("announce").textContent = sentence;
}

// --- the list ------------------------------------------------------------------------------------

/**
 * A column of the list.
 *
 * @typedef {object} Column
 * @property {string} key
 * @property {(i: number) => string | number} sorted what is compared; NaN and "" come last
 * @property {(i: number) => string} shown what the cell shows; it is filled again when that is new
 * @property {((i: number, cell: HTMLElement) => void)} [fill] how, where it is more than a text
 * @property {string} [kind] classes: where there is less room, `wide` and `medium` go first
 */

/** @type {(key: string, of: () => Float64Array, kind?: string) => Column} */
const scoreColumn = (key, of, kind = "") => ({
  key,
  sorted: (i) => of()[i],
  shown: (i) => score(of()[i]),
  kind: `number ${kind}`,
});

/** @type {Record<string, Column>} */
const COLUMNS = {
  rank: {
    key: "rank",
    sorted: (i) => state.result.rank[i],
    shown: (i) => `${place(state.result.rank[i])} ${state.isChanged}`,
    fill: (i, cell) => {
      const [now, before] = [place(state.result.rank[i]), place(BASE.rank[i])];
      cell.textContent = now;
      if (state.isChanged && now !== before) {
        cell.prepend(element("small", {}, text("rank_was", { rank: before })), " ");
      }
    },
    kind: "number rank",
  },
  customer: {
    key: "customer",
    sorted: nameOf,
    shown: (i) => state.result.quadrant[i],
    fill: (i, cell) => {
      const type = state.result.quadrant[i];
      const strategy = state.view === "recommendations" && strategyOf(i);
      const under = [TEXTS.quadrants[type], strategy && strategy.strategy].filter(Boolean).join(" · ");
      const button = element("button", { type: "button" }, nameOf(i));
      button.append(element("span", { class: "under" }, shape(type), ` ${under}`));
      cell.replaceChildren(button);
    },
    kind: "who",
  },
  customer_id: {
    key: "customer_id",
    sorted: (i) => DATA.customers.id[i],
    shown: (i) => DATA.customers.id[i],
    kind: "wide",
  },
  quadrant: {
    key: "quadrant",
    sorted: (i) => QUADRANTS.indexOf(state.result.quadrant[i]),
    shown: (i) => state.result.quadrant[i],
    fill: (i, cell) => {
      const type = state.result.quadrant[i];
      cell.replaceChildren(shape(type), ` ${TEXTS.quadrants[type]}`);
      if (hasOtherType(i)) {
        const before = TEXTS.quadrants[GIVEN.quadrant[i]];
        cell.append(element("small", {}, text("type_before", { type: before })));
      }
      cell.classList.toggle("changed-type", hasOtherType(i));
    },
    kind: "medium type",
  },
  status: {
    key: "status",
    sorted: (i) => TEXTS.statuses[DATA.customers.status[i]],
    shown: (i) => TEXTS.statuses[DATA.customers.status[i]],
    kind: "wide",
  },
  abc_class: {
    key: "abc_class",
    sorted: (i) => DATA.customers.abc[i],
    shown: (i) => DATA.customers.abc[i],
    kind: "medium",
  },
  value_score: scoreColumn("value_score", () => state.result.scores.value, "medium"),
  benefit_score: scoreColumn("benefit_score", () => state.result.scores.benefit, "medium"),
  total_score: scoreColumn("total_score", () => state.result.total),
  borderline: {
    key: "borderline",
    sorted: (i) => (state.result.borderline[i] ? 0 : NaN),
    shown: (i) => (state.result.borderline[i] ? TEXTS.web.yes : ""),
    kind: "wide spare",
  },
  strategy: {
    key: "strategy",
    sorted: (i) => (strategyOf(i) || { strategy: "" }).strategy,
    shown: (i) => (strategyOf(i) || { strategy: "" }).strategy,
    kind: "medium",
  },
  activity: {
    key: "activity",
    sorted: (i) => (strategyOf(i) || { activity: "" }).activity,
    shown: (i) => (strategyOf(i) || { activity: "" }).activity,
  },
  reason: {
    key: "reason",
    sorted: reasonText,
    shown: reasonText,
    kind: "medium",
  },
};

/** @type {Record<string, string[]>} */
const VIEWS = {
  ranking: [
    "rank",
    "customer",
    "customer_id",
    "quadrant",
    "status",
    "abc_class",
    "value_score",
    "benefit_score",
    "total_score",
    "borderline",
  ],
  recommendations: ["rank", "customer", "quadrant", "strategy", "activity", "reason"],
};

const list = {
  /** @type {Map<number, HTMLTableRowElement>} */
  lines: new Map(),

  /** @returns {Column[]} */
  columns: () => VIEWS[state.view].map((key) => COLUMNS[key]),

  /** The rows that are seen, in the order asked for; what is missing comes last. */
  sorted() {
    const { sorted } = COLUMNS[state.sort];
    const at = new Map(state.result.order.map((i, position) => [i, position]));
    const sign = state.isDescending ? -1 : 1;
    const keys = new Map(state.shown.map((i) => [i, sorted(i)]));
    const isMissing = (/** @type {string | number} */ key) => key === "" || Number.isNaN(key);
    return [...state.shown].sort((i, j) => {
      const [a, b] = [keys.get(i), keys.get(j)];
      if (isMissing(a) || isMissing(b)) {
        return Number(isMissing(a)) - Number(isMissing(b)) || at.get(i) - at.get(j);
      }
      const order = typeof a === "string" ? COLLATOR.compare(a, String(b)) : a - Number(b);
      return sign * order || at.get(i) - at.get(j);
    });
  },

  /** The heads of the columns, which sort. */
  heads() {
    const heads = this.columns().map(({ key, kind }) => {
      const button = element("button", { type: "button" }, TEXTS.columns[key]);
      button.addEventListener("click", () => sortBy(key, state.sort === key && !state.isDescending));
      const isSorted = state.sort === key;
      const order = state.isDescending ? "descending" : "ascending";
      const sort = isSorted ? order : undefined;
      const head = element("th", { scope: "col", class: kind, "aria-sort": sort }, button);
      Object.assign(head.dataset, { key, name: TEXTS.columns[key] });
      return head;
    });
    byId("columns").replaceChildren(...heads);
    byId("list-title").textContent = text(state.view);
    const choices = this.columns().map(({ key }) => {
      const choice = element("option", { value: key }, TEXTS.columns[key]);
      choice.selected = key === state.sort;
      return choice;
    });
    byId("sort").replaceChildren(...choices);
    byId("direction").textContent = text(state.isDescending ? "descending" : "ascending");
  },

  /** The lines of the list, as far as they are to be shown. */
  draw() {
    const all = this.sorted();
    const columns = this.columns();
    const rows = all.slice(0, state.limit);
    /** @type {Map<number, HTMLTableRowElement>} */
    const lines = new Map();
    for (const i of rows) {
      const line = this.lines.get(i) || this.line(i, columns);
      columns.forEach(({ shown, fill }, k) => {
        const cell = /** @type {HTMLElement & {said?: string}} */ (line.children[k]);
        const said = shown(i);
        if (cell.said === said) return;
        cell.said = said;
        if (fill) fill(i, cell);
        else cell.textContent = said;
      });
      lines.set(i, line);
    }
    const isSame =
      lines.size === this.lines.size &&
      rows.every((i, k) => byId("rows").children[k] === lines.get(i));
    if (!isSame) byId("rows").replaceChildren(...lines.values());
    this.lines = lines;
    const left = all.length - rows.length;
    byId("more").hidden = byId("all").hidden = left <= 0;
    byId("more").textContent = text("show_more", { count: WHOLE.format(Math.min(STEP, left)) });
    byId("all").textContent = text("show_all", { count: WHOLE.format(all.length) });
    byId("nobody").hidden = all.length > 0;
    this.mark();
  },

  /**
   * An empty line.
   *
   * @param {number} i
   * @param {Column[]} columns
   */
  line(i, columns) {
    const line = element("tr", {}, ...columns.map(({ kind }) => element("td", { class: kind })));
    line.dataset.row = String(i);
    return line;
  },

  /** Mark the lines of the chosen customer and of the one pointed at. */
  mark() {
    for (const [kind, i] of Object.entries({ chosen: state.chosen, pointed: state.pointed })) {
      const line = i === null ? undefined : this.lines.get(i);
      for (const marked of byId("rows").getElementsByClassName(kind)) {
        if (marked !== line) marked.classList.remove(kind);
      }
      if (line) line.classList.add(kind);
    }
    for (const line of byId("rows").querySelectorAll("[aria-current]")) {
      line.removeAttribute("aria-current");
    }
    const chosen = state.chosen === null ? undefined : this.lines.get(state.chosen);
    if (chosen) chosen.setAttribute("aria-current", "true");
  },

  /** Forget all lines, whose columns are others now. */
  renew() {
    this.lines = new Map();
    this.heads();
    this.draw();
  },

  listen() {
    const rowOf = (/** @type {Event} */ event) => {
      const line = /** @type {HTMLElement} */ (event.target).closest("tr");
      return line ? Number(line.dataset.row) : null;
    };
    byId("rows").addEventListener("click", (event) => choose(rowOf(event)));
    byId("rows").addEventListener("pointerover", (event) => point(rowOf(event)));
    byId("rows").addEventListener("pointerleave", () => point(null));
    byId("rows").addEventListener("focusin", (event) => point(rowOf(event)));
    byId("rows").addEventListener("focusout", () => point(null));
    byId("more").addEventListener("click", () => this.extend(state.limit + STEP));
    byId("all").addEventListener("click", () => this.extend(Infinity));
    byId("view").addEventListener("change", (event) => {
      state.view = /** @type {HTMLSelectElement} */ (event.target).value;
      if (!VIEWS[state.view].includes(state.sort)) [state.sort, state.isDescending] = ["rank", false];
      this.renew();
    });
    byId("sort").addEventListener("change", (event) => {
      sortBy(/** @type {HTMLSelectElement} */ (event.target).value, state.isDescending);
    });
    byId("direction").addEventListener("click", () => sortBy(state.sort, !state.isDescending));
  },

  /** Show more lines; the first new one gets the focus. @param {number} limit */
  extend(limit) {
    const before = byId("rows").children.length;
    state.limit = limit;
    this.draw();
    const button = byId("rows").children[before].querySelector("button");
    if (button) button.focus({ preventScroll: true });
  },
};

/**
 * @param {string} key
 * @param {boolean} isDescending
 */
function sortBy(key, isDescending) {
  [state.sort, state.isDescending] = [key, isDescending];
  const focused = document.activeElement;
  const head = focused && focused.closest("th");
  list.heads();
  list.draw();
  if (head) {
    /** @type {HTMLElement} */ (byId("columns").querySelector(`[data-key="${key}"] button`)).focus();
  }
  const direction = text(isDescending ? "descending" : "ascending");
  say(text("sorted", { column: TEXTS.columns[key], direction }));
}

// --- filters -------------------------------------------------------------------------------------

/** @type {{group: Group, value: string, count: HTMLElement}[]} */
const chips = [];

function makeFilters() {
  const abc = ["A", "B", "C", ""].filter((name) => DATA.customers.abc.includes(name));
  /** @type {[Group, string, string[], (value: string) => string][]} */
  const groups = [
    ["quadrant", "types", QUADRANTS, (type) => TEXTS.quadrants_plural[type]],
    ["status", "statuses", ["customer", "prospect"], (status) => TEXTS.statuses[status]],
    ["abc", "abc", abc, (name) => name || text("abc_none")],
  ];
  for (const [group, title, values, nameOfValue] of groups) {
    if (values.length < 2) continue;
    const box = element("div", { class: "chips" });
    for (const value of values) {
      const input = element("input", { type: "checkbox" });
      const count = element("span", { class: "count" });
      const chip = element("label", { class: "chip" }, input);
      if (group === "quadrant") chip.append(shape(value));
      chip.append(element("span", {}, nameOfValue(value)), count);
      input.addEventListener("change", () => {
        state.filters.groups[group][input.checked ? "add" : "delete"](value);
        refilter();
      });
      box.append(chip);
      chips.push({ group, value, count });
    }
    byId("groups").append(element("fieldset", {}, element("legend", {}, text(title)), box));
  }
  const input = element("input", { type: "checkbox", id: "changed" });
  const count = element("span", { class: "count", id: "changed-count" });
  const chip = element("label", { class: "chip" }, input, element("span", {}, text("only_changed")), count);
  const box = element("fieldset", { id: "changed-box", hidden: "" }, element("legend", {}, text("weights")), chip);
  byId("groups").append(box);
  input.addEventListener("change", () => {
    state.filters.changed = input.checked;
    refilter();
  });
  const search = /** @type {HTMLInputElement} */ (byId("search"));
  search.addEventListener("input", () => {
    state.filters.search = searchable(search.value);
    refilter();
  });
  byId("clear").addEventListener("click", () => {
    clearFilters();
    search.focus();
  });
}

/** Ask for everybody again. */
function clearFilters() {
  /** @type {HTMLInputElement} */ (byId("search")).value = "";
  for (const input of byId("groups").querySelectorAll("input")) input.checked = false;
  state.filters.search = "";
  state.filters.changed = false;
  for (const chosen of Object.values(state.filters.groups)) chosen.clear();
  refilter();
}

/** Whether any filter is set. */
function isFiltered() {
  const { search, groups, changed } = state.filters;
  return search !== "" || changed || Object.values(groups).some((chosen) => chosen.size > 0);
}

/** Find who is seen, and count for each filter how many it would leave. */
function applyFilters() {
  state.shown = [];
  /** @type {Record<Group, Map<string, number>>} */
  const counts = { quadrant: new Map(), status: new Map(), abc: new Map() };
  let changed = 0;
  for (const i of state.result.order) {
    const by = keptOut(i);
    if (by === "") state.shown.push(i);
    for (const group of GROUPS) {
      if (by !== "" && by !== group) continue;
      const value = groupOf(group, i);
      counts[group].set(value, (counts[group].get(value) || 0) + 1);
    }
    if ((by === "" || by === "changed") && hasOtherType(i)) changed += 1;
  }
  for (const { group, value, count } of chips) {
    count.textContent = WHOLE.format(counts[group].get(value) || 0);
  }
  byId("changed-count").textContent = WHOLE.format(changed);
  byId("changed-box").hidden = !state.isChanged;
  const numbersShown = {
    shown: WHOLE.format(state.shown.length),
    all: WHOLE.format(DATA.customers.id.length),
  };
  const sentence = text("shown", numbersShown);
  if (byId("shown").textContent !== sentence) byId("shown").textContent = sentence;
  byId("clear").hidden = !isFiltered();
}

/** After a filter has changed. */
function refilter() {
  applyFilters();
  state.limit = STEP;
  point(null);
  list.draw();
  if (matrix) matrix.draw();
}

// --- weights -------------------------------------------------------------------------------------

/** @type {{input: HTMLInputElement, show: () => void}[]} */
const sliders = [];

function makeSliders() {
  const host = byId("sliders");
  const { axes } = state.weights;
  const group = (/** @type {string} */ title) => {
    const box = element("fieldset", {}, element("legend", {}, title));
    host.append(box);
    return box;
  };
  const both = group(text("axis_weights"));
  const top = topOf(AXES.map((axis) => axes[axis]));
  for (const axis of AXES) {
    both.append(
      slider(TEXTS.axes[axis], top, {
        get: () => state.weights.axes[axis],
        set: (weight) => {
          state.weights.axes[axis] = weight;
        },
        given: DATA.axis_weights[axis],
        all: () => AXES.reduce((sum, other) => sum + state.weights.axes[other], 0),
      }),
    );
  }
  for (const axis of AXES) {
    const box = group(text("criteria_of", { axis: TEXTS.axes[axis] }));
    if (DATA.fixed[axis]) {
      box.append(element("p", { class: "hint" }, text("fixed")));
      continue;
    }
    const own = Array.from(DATA.criteria.keys()).filter((k) => DATA.criteria[k].axis === axis);
    const most = topOf(own.map((k) => DATA.criteria[k].weight));
    for (const k of own) {
      box.append(
        slider(DATA.criteria[k].name, most, {
          get: () => state.weights.criteria[k],
          set: (weight) => {
            state.weights.criteria[k] = weight;
          },
          given: DATA.criteria[k].weight,
          all: () => own.reduce((sum, other) => sum + state.weights.criteria[other], 0),
        }),
      );
    }
  }
  byId("reset").addEventListener("click", () => {
    state.weights = givenWeights(DATA);
    reweigh();
    byId("weights").querySelector("summary").focus();
  });
}

/**
 * Where sliders end: 100 where weights are percentages, else a round number with room above.
 *
 * @param {number[]} weights
 */
function topOf(weights) {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 100) < 1e-6) return 100;
  const wanted = 1.5 * Math.max(...weights);
  const unit = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((times) => times * unit).find((end) => end >= wanted);
}

/**
 * The slider of one weight.
 *
 * @param {string} name
 * @param {number} top
 * @param {{get: () => number, set: (weight: number) => void, given: number, all: () => number}} weight
 */
function slider(name, top, weight) {
  const id = `slider-${sliders.length}`;
  const input = element("input", { type: "range", id, min: "0", max: String(top), step: "any" });
  const output = element("span", { class: "weight", "aria-hidden": "true" });
  const box = element("div", { class: "slider" }, element("label", { for: id }, name), output, input);
  const show = () => {
    const [now, all] = [weight.get(), weight.all()];
    const share = PERCENT.format(all > 0 ? now / all : 0);
    const said = text("share", { weight: FEW.format(now), share });
    output.textContent = said;
    input.setAttribute("aria-valuetext", said);
    if (input.valueAsNumber !== now) input.valueAsNumber = now;
    box.classList.toggle("changed", now !== weight.given);
  };
  input.addEventListener("input", () => {
    const steps = Math.round((input.valueAsNumber / top) * 200);
    const moved = steps === 200 ? top : Number(((steps * top) / 200).toPrecision(12));
    weight.set(Math.abs(weight.given - moved) < top / 400 ? weight.given : moved);
    sooner();
  });
  sliders.push({ input, show });
  return box;
}

let isDue = false;

/** Follow the sliders with the next frame: several steps within one are one. */
function sooner() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    reweigh();
  });
}

/** How many lines of the list follow at once; more of them wait until the slider rests. */
const AT_ONCE = 300;
/** Whether the list is on the screen; where nobody sees it, it waits too. */
let isListSeen = true;
let waiting = 0;

/** Everything that follows from the weights. */
function reweigh() {
  const given = givenWeights(DATA);
  state.isChanged =
    AXES.some((axis) => state.weights.axes[axis] !== given.axes[axis]) ||
    given.criteria.some((weight, k) => state.weights.criteria[k] !== weight);
  const can = isPossible(DATA, state.weights);
  if (can) state.result = state.isChanged ? computed(DATA, state.weights) : GIVEN;
  if (!state.isChanged && state.filters.changed) {
    state.filters.changed = false;
    /** @type {HTMLInputElement} */ (byId("changed")).checked = false;
  }
  for (const { show } of sliders) show();
  applyFilters();
  if (matrix) {
    matrix.draw();
    matrix.showTip(null);
  }
  clearTimeout(waiting);
  const isAtOnce = isListSeen && list.lines.size <= AT_ONCE;
  if (isAtOnce) list.draw();
  waiting = window.setTimeout(() => {
    if (!isAtOnce) list.draw();
    showEffect(can);
  }, 150);
  showChosen();
  showArrows();
  byId("stays").hidden = !state.isChanged;
  byId("weights").parentElement.classList.toggle("same", !state.isChanged);
  /** @type {HTMLButtonElement} */ (byId("reset")).disabled = !state.isChanged;
}

/** Say what the weights change. @param {boolean} can whether scores can be computed with them */
function showEffect(can) {
  const types = GIVEN.order.filter(hasOtherType).length;
  const ranks = GIVEN.order.filter((i) => place(BASE.rank[i]) !== place(state.result.rank[i])).length;
  const counts = { types: WHOLE.format(types), ranks: WHOLE.format(ranks) };
  let sentence = text("unchanged");
  if (!can) sentence = text("zero");
  else if (state.isChanged) sentence = text(types === 1 ? "changed_one" : "changed", counts);
  byId("effect").textContent = sentence;
  const changes = [
    ...AXES.map((axis) => [TEXTS.axes[axis], DATA.axis_weights[axis], state.weights.axes[axis]]),
    ...DATA.criteria.map((c, k) => [c.name, c.weight, state.weights.criteria[k]]),
  ].filter(([, before, now]) => before !== now);
  const listed = changes.map(
    ([name, before, now]) => `${name} ${FEW.format(Number(before))} → ${FEW.format(Number(now))}`,
  );
  byId("changed-weights").textContent = listed.length ? `${sentence} ${listed.join("; ")}` : "";
}

/** The switch of the arrows, and what is said of them. */
function showArrows() {
  const note = byId("arrows-note");
  note.hidden = !state.arrows;
  const since = DATA.movement ? DATA.movement.since : "";
  note.textContent = text(state.isChanged ? "arrows_off" : "arrows_note", { since });
}

// --- the page ------------------------------------------------------------------------------------

function fillTexts() {
  for (const node of document.querySelectorAll("[data-text]")) {
    node.textContent = text(/** @type {HTMLElement} */ (node).dataset.text);
  }
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", text(/** @type {HTMLElement} */ (node).dataset.label));
  }
  const { customers } = DATA;
  const rated = GIVEN.order.filter((i) => GIVEN.note[i] === "");
  const prospects = rated.filter((i) => customers.status[i] === "prospect").length;
  const summary = text("summary", {
    customers: WHOLE.format(rated.length - prospects),
    prospects: WHOLE.format(prospects),
    not_rated: WHOLE.format(customers.id.length - rated.length),
  });
  byId("facts").textContent = `${text("as_of", { as_of: DATA.as_of })} · ${summary}`;
  byId("part").hidden = !DATA.part;
  byId("legend").hidden = prospects === 0;
}

/** Light or dark, as the system has it or as was chosen. */
function followTheme() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const choice = /** @type {HTMLSelectElement} */ (byId("theme"));
  const follow = () => {
    const system = dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = choice.value === "system" ? system : choice.value;
    if (matrix) matrix.dress();
  };
  dark.addEventListener("change", follow);
  choice.addEventListener("change", follow);
  follow();
}

/** On paper: all lines that are seen, dark on white, and a matrix of its own. */
function followPrinting() {
  const before = { theme: "light", limit: STEP };
  /** @type {Matrix | null} */
  let paper = null;
  window.addEventListener("beforeprint", () => {
    before.theme = document.documentElement.dataset.theme || "light";
    before.limit = state.limit;
    document.documentElement.dataset.theme = "light";
    state.limit = Infinity;
    list.draw();
    const asked = describedFilters();
    byId("asked-for").hidden = asked === "";
    byId("asked-for").textContent = text("printed", { filters: asked });
    if (matrix) paper = new Matrix(byId("paper"), true);
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.dataset.theme = before.theme;
    state.limit = before.limit;
    byId("asked-for").hidden = true;
    list.draw();
    if (paper) paper.chart.dispose();
    paper = null;
  });
  byId("print").addEventListener("click", () => window.print());
}

/** The filters in words. */
function describedFilters() {
  const { groups, search, changed } = state.filters;
  const said = [
    [...groups.quadrant].map((type) => TEXTS.quadrants_plural[type]).join(", "),
    [...groups.status].map((status) => TEXTS.statuses[status]).join(", "),
    [...groups.abc].map((name) => name || text("abc_none")).join(", "),
    search && /** @type {HTMLInputElement} */ (byId("search")).value.trim(),
    changed ? text("only_changed") : "",
  ];
  return said.filter(Boolean).join("; ");
}

/** What else has changed since the earlier day: the method, and who is gone. */
function showSince() {
  if (!DATA.movement) return;
  const { since, model, gone } = DATA.movement;
  const who = gone.map(({ id, name, quadrant, reason }) => {
    const item = element("li", {}, element("strong", {}, name || id));
    item.append(` · ${TEXTS.quadrants[quadrant]}`, reason && ` · ${reason}`);
    return item;
  });
  for (const [key, items] of Object.entries({
    model_changed: model.map((sentence) => element("li", {}, sentence)),
    gone: who,
  })) {
    if (!items.length) continue;
    const title = element("h2", {}, text(key, { since }));
    byId("since").append(title, element("ul", {}, ...items));
    byId("since").hidden = false;
  }
}

function start() {
  byId("page").hidden = false;
  fillTexts();
  makeFilters();
  makeSliders();
  for (const id of ["facets", "weights"]) {
    /** @type {HTMLDetailsElement} */ (byId(id)).open = hasRoom.matches;
  }
  hasRoom.addEventListener("change", () => {
    /** @type {HTMLDetailsElement} */ (byId("facets")).open ||= hasRoom.matches;
  });
  list.heads();
  list.listen();
  followTheme();
  try {
    matrix = new Matrix(byId("chart"));
  } catch (error) {
    console.warn(error);
    byId("chart").hidden = true;
    byId("failed").hidden = false;
  }
  reweigh();
  showEffect(true);
  new IntersectionObserver(([seen]) => {
    isListSeen = seen.isIntersecting;
  }).observe(byId("list"));
  byId("close").addEventListener("click", () => {
    choose(null);
    byId("chart").focus();
  });
  if (matrix && MOVES.length) {
    const box = byId("arrows-switch");
    box.hidden = false;
    box.querySelector("span").textContent = text("arrows", { since: DATA.movement.since });
    byId("arrows").addEventListener("change", (event) => {
      state.arrows = /** @type {HTMLInputElement} */ (event.target).checked;
      matrix.draw();
      showArrows();
    });
  }
  showSince();
  followPrinting();
}

start();
