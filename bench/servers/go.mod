module profilegen/bench/servers

go 1.26.5
