// --- the matrix ----------------------------------------------------------------------------------

/** The space around the plot, for the names and numbers of the axes. */
const MARGIN = { left: 56, right: 14, top: 24, bottom: 50 };
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
    if (isPaper) {
      this.chart.getZr().flush();
      return;
    }
    listenTo(this);
    this.follow();
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

  /** The names of the first, where there is room for them. */
  names() {
    const room = this.isNarrow ? 20 : 34;
    const most = this.isNarrow ? Math.min(DATA.top_labels, 6) : DATA.top_labels;
    const wanted = this.drawn.slice(0, most).map((i) => {
      const name = shortened(nameOf(i), room);
      return { i, name, at: this.at(i), width: this.width(name) };
    });
    const sides = sidesOf(wanted, {
      points: this.drawn.slice(0, 600).map((i) => this.at(i)),
      kept: this.kept,
      left: MARGIN.left,
      right: this.chart.getWidth() - 2,
      most: this.shrink() < 1 ? 4 : 1,
    });
    return wanted.flatMap(({ i, name }, k) => (sides[k] ? [this.named(i, name, sides[k])] : []));
  }

  /**
   * A name beside the point of its customer.
   *
   * @param {number} i
   * @param {string} name
   * @param {string} side
   */
  named(i, name, side) {
    return {
      value: [state.result.scores.benefit[i], state.result.scores.value[i]],
      label: {
        show: true,
        formatter: () => name,
        position: side,
        distance: GAP,
        color: this.colour("ink"),
        fontSize: 12,
        textBorderColor: this.colour("panel"),
        textBorderWidth: 3,
      },
    };
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

  /** Go with the size of the window. */
  follow() {
    const { host } = this;
    new ResizeObserver(() => {
      const [width, height] = [host.clientWidth, host.clientHeight];
      if (!width || (width === this.chart.getWidth() && height === this.chart.getHeight())) return;
      this.chart.resize();
      this.dress();
    }).observe(host);
  }
}
