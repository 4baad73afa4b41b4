from __future__ import annotations

from mentor_transcoder.progress import Progress


def test_percents_only_rise_and_end_at_99_until_all_is_done() -> None:
    percents: list[int] = []
    progress = Progress(10.0, percents.append)
    for value in ("N/A", "-23220", "0", "1000000", "1050000", "900000", "5000000", "99000000"):
        progress.line(f"out_time_us={value}")
    progress.line("progress=end")
    progress.line("frame=100")
    assert percents == [0, 10, 50, 99]
    progress.done()
    assert percents[-1] == 100


def test_a_second_process_does_not_take_percents_back() -> None:
    percents: list[int] = []
    progress = Progress(10.0, percents.append)
    for value in ("8000000", "1000000", "9000000"):
        progress.line(f"out_time_us={value}")
    assert percents == [80, 90]
