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
  byId("changed-weights").textContent = listed.length ? `${sentence} ${listed.join(TEXTS.words.semicolon)}` : "";
}

/** The switch of the arrows, and what is said of them. */
function showArrows() {
  const note = byId("arrows-note");
  note.hidden = !state.arrows;
  const since = DATA.movement ? DATA.movement.since : "";
  note.textContent = text(state.isChanged ? "arrows_off" : "arrows_note", { since });
}
