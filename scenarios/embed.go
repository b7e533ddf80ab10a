// Package scenarios holds the bundled scenarios: one property each, by area. A directory of yours works the same.
package scenarios

import "embed"

// Files holds <area>/<id>.yaml.
//
//go:embed */*.yaml
var Files embed.FS
