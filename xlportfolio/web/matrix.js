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
