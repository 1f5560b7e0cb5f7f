"""Joins our times with the peers'. A peer is {"version": text, "times": {"case pass": ms}}, PyTorch with "ways" as well."""


def key_of(case):
    return f'{case["case"]} {case["pass"]}'


def faster(before, after):
    """Of two runs of the same cases, each case as it was when it was faster."""
    if [key_of(case) for case in before] != [key_of(case) for case in after]:
        raise ValueError("two runs of the same cases gave different ones")
    return [min(pair, key=lambda case: case["ms"]) for pair in zip(before, after)]


def fastest_rounds(rounds):
    """Of rounds of the same cases (ours, tuned, default, ONNX Runtime) each library's fastest time of each case, and the way it took then."""
    ours, *peers = rounds[0]
    for other_ours, *others in rounds[1:]:
        ours = faster(ours, other_ours)
        peers = [fastest_peer(*pair) for pair in zip(peers, others)]
    return ours, *peers


def fastest_peer(before, after):
    best = {**before, **{name: dict(before[name]) for name in ("times", "ways") if name in before}}
    for key, ms in after["times"].items():
        if ms < best["times"].get(key, float("inf")):
            best["times"][key] = ms
            if "ways" in best:
                best["ways"][key] = after["ways"][key]
    return best


def merge(ours, tuned, default, ort):
    """A row for each of our cases; null where a peer has no time. ratio = the faster tuned peer's time / ours."""
    rows = []
    for case in ours:
        key = key_of(case)
        torch_ms, default_ms, ort_ms = (rounded(peer["times"].get(key)) for peer in (tuned, default, ort))
        peers = [ms for ms in (torch_ms, ort_ms) if ms is not None]
        rows.append({
            "case": case["case"], "pass": case["pass"], "threads": case["threads"], "ours_ms": case["ms"],
            "torch_ms": torch_ms, "torch_default_ms": default_ms, "ort_ms": ort_ms,
            "ratio": round(min(peers) / case["ms"], 2) if peers and case["ms"] > 0 else None})
    return rows


def table(rows, counts, ways):
    """The rows as lines; counts are layers of one shape, ways how PyTorch was fastest, both by "case pass"."""
    width = max([len(row["case"]) for row in rows] + [4])
    yield f'{"case":{width}} {"pass":16} {"ours ms":>9} {"torch ms":>9} {"default":>9} {"ort ms":>9} {"ratio":>6}  {"torch way":11} layers'
    for row in rows:
        figures = [text(row[name]) for name in ("ours_ms", "torch_ms", "torch_default_ms", "ort_ms")]
        ratio = "-" if row["ratio"] is None else f'{row["ratio"]:.2f}'
        way, count = ways.get(key_of(row), "-"), counts.get(key_of(row), 1)
        yield f'{row["case"]:{width}} {row["pass"]:16} ' + " ".join(f"{f:>9}" for f in figures) + f" {ratio:>6}  {way:11} {count}"


def rounded(ms):
    return None if ms is None else round(ms, 4)


def text(ms):
    return "-" if ms is None else f"{ms:.3f}" if ms < 10 else f"{ms:.2f}"
