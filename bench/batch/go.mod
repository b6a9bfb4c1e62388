module profilegen/bench/batch

go 1.26.5

require (
	github.com/beevik/etree v1.8.1 // indirect
	profilegen v0.0.0
	profilegen/bench/goal v0.0.0
)

replace (
	profilegen => ../../
	profilegen/bench/goal => ../goal
)
