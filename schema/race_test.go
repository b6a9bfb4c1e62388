//go:build race

package schema

// The race detector makes sync.Pool drop what it holds at random.
const raceDetector = true
