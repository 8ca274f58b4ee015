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
const MOVES = DATA.movement ? DATA.movement.arrows : [];
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
