module profilegen/bench/servers

go 1.26.5

require profilegen/bench/goal v0.0.0

replace profilegen/bench/goal => ../goal
