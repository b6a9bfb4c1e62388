// Package gen turns profiles and fleets into files and back.
package gen
