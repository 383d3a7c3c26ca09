"""The benchmark runs, compares like with like, and says what it measured."""

import pytest

from benchmarks import em


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_both_libraries_do_the_same_work(covariance_type):
    points = em.make_points(500, 3, 4)
    row = em.compare_times(points, 4, covariance_type, repeats=1)
    assert row["difference"] < 1e-6
    assert row["ours_s"] > 0
    assert row["time_ratio"] == pytest.approx(row["ours_s"] / row["sklearn_s"])


def test_every_iteration_is_made():
    _, model = em.fit("ours", em.make_points(500, 2, 3), 3, "full")
    assert model.n_iter_ == em.ITERATIONS


@pytest.mark.slow
def test_a_quick_run_prints_one_line_per_case(capsys):
    em.main(["--quick", "--cases", "1"])
    line = capsys.readouterr().out
    assert "10,000 x 2  K=8 full" in line
    assert "time ratio" in line
    assert "MiB" in line
