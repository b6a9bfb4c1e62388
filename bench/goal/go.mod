module profilegen/bench/goal

go 1.26.5
