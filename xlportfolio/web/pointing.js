// --- who is pointed at and chosen, in the matrix and in the list alike ---------------------------

/** How near the pointer must come to a point, in pixels; a finger is broader than a mouse. */
const REACH = { mouse: 12, touch: 26 };

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

/** Point and choose in a matrix: by mouse, finger and keys. @param {Matrix} seen */
function listenTo(seen) {
  const { host } = seen;
  const find = (/** @type {PointerEvent} */ event) => {
    const { left, top } = host.getBoundingClientRect();
    const reach = event.pointerType === "touch" ? REACH.touch : REACH.mouse;
    return seen.nearest(event.clientX - left, event.clientY - top, reach);
  };
  host.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const i = find(event);
    host.style.cursor = i === null ? "default" : "pointer";
    point(i, true);
  });
  host.addEventListener("pointerleave", () => point(null));
  host.addEventListener("click", (event) => choose(find(/** @type {PointerEvent} */ (event))));
  host.addEventListener("keydown", (event) => press(event, seen.drawn));
  host.addEventListener("blur", () => point(null));
}

/**
 * Arrow keys go through the ranking of those who are drawn.
 *
 * @param {KeyboardEvent} event
 * @param {number[]} drawn
 */
function press(event, drawn) {
  const last = drawn.length - 1;
  const from = state.pointed === null ? state.chosen : state.pointed;
  const at = from === null ? -1 : drawn.indexOf(from);
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
    point(drawn[steps[event.key]], true);
    say(spoken(drawn[steps[event.key]]));
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
