"use strict";

/**
 * The data of the page, as `web_data.py` makes it. Numbers have full precision; what is missing is
 * null. Columns have an entry for each row of the ranking, in its order.
 *
 * @typedef {"value" | "benefit"} Axis
 *
 * @typedef {object} Data
 * @property {string} language its code, such as "en"
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
 * @property {number[]} arrows the places of those with the largest moves, the largest first
 * @property {string[]} model sentences on what has changed in the method
 * @property {{id: string, name: string, quadrant: string, reason: string}[]} gone who is no longer
 *   there
 *
 * Texts are branches of the locale file: `axes`, `statuses`, `quadrants`, `quadrants_plural`,
 * `meanings`, `notes`, `web`, and of `columns` and `matrix` the keys that are used here.
 * @typedef {Record<string, Record<string, string>>} Texts
 */
