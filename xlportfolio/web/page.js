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
  return said.filter(Boolean).join(TEXTS.words.semicolon);
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
