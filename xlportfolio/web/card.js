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
    const said = [strategy.strategy, strategy.activity].filter(Boolean).join(`${TEXTS.words.colon} `);
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
