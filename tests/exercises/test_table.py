"""Tables of numbers."""

from momentum_lab.exercises import print_table


def test_a_table_has_one_head_one_line_a_row_and_aligned_numbers(capsys):
    print_table(
        {"rule": rule, "settles": settles, "rate": rate}
        for rule, settles, rate in [("plain", 1160, 0.97512), ("heavy ball", None, 12.0)]
    )
    assert capsys.readouterr().out.splitlines() == [
        "rule        settles    rate",
        "plain          1160  0.9751",
        "heavy ball        –      12",
    ]
