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
