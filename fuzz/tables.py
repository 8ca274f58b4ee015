"""The cells of all input tables, drawn as in the suite's own tests by hypothesis."""

from fuzz.target import instrumented, run

with instrumented:
    import test_fuzz

_TESTS = (
    test_fuzz.test_any_cells_under_any_headers,
    test_fuzz.test_a_sound_portfolio_with_a_few_odd_cells,
)


def test(data: bytes) -> None:
    """The first byte chooses the test, the others what it draws."""
    chosen = _TESTS[data[0] % len(_TESTS)] if data else _TESTS[0]
    chosen.hypothesis.fuzz_one_input(data[1:])


if __name__ == "__main__":
    run(test)
