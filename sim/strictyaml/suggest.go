package strictyaml

import "strings"

// Suggest returns the known word nearest to word, or "" when none is near: about one
// typing error in three letters, counting two swapped letters as one error.
func Suggest(word string, known []string) string {
	const longest = 64 // beyond it nobody mistyped a word of ours
	if word == "" || len(word) > longest {
		return ""
	}
	best, distance := "", 1+max(1, len(word)/3)
	for _, k := range known {
		if len(k) > longest || k == word {
			continue
		}
		if d := edits(fold(word), fold(k)); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// fold makes words that differ in case or separators the same.
func fold(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

// edits is the optimal string alignment distance between a and b, in bytes.
func edits(a, b string) int {
	before, above := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above = above, row
	}
	return above[len(b)]
}
