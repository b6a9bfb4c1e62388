module profilegen/bench/eval

go 1.26.5

require (
	github.com/expr-lang/expr v1.17.8
	profilegen v0.0.0
)

replace profilegen => ../../
