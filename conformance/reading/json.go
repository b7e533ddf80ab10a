package reading

// members calls visit with each member of a JSON object and reports whether data is one. It copies nothing, looks at
// the outermost level only, and takes on trust what is inside the values: a history is read once for validity, and
// once for each check that needs to.
func members(data []byte, visit func(key, value []byte)) bool {
	i := space(data, 0)
	if i == len(data) || data[i] != '{' {
		return false
	}
	i = space(data, i+1)
	if i < len(data) && data[i] == '}' {
		return true
	}
	for i < len(data) && data[i] == '"' {
		end := value(data, i)
		colon := space(data, end)
		if colon >= len(data) || data[colon] != ':' {
			return false
		}
		from := space(data, colon+1)
		to := value(data, from)
		if to == from {
			return false
		}
		visit(data[i+1:end-1], data[from:to:to])
		i = space(data, to)
		if i < len(data) && data[i] == '}' {
			return true
		}
		if i >= len(data) || data[i] != ',' {
			return false
		}
		i = space(data, i+1)
	}
	return false
}

func space(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// value returns where the value that begins at i ends, or i when none does.
func value(data []byte, i int) int {
	depth := 0
	for j := i; j < len(data); j++ {
		switch c := data[j]; c {
		case '"':
			end := quoted(data, j)
			if end == j {
				return i
			}
			if j = end - 1; depth == 0 {
				return end
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return j + 1
			}
			if depth < 0 { // of the object around a plain value
				return j
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return j
			}
		}
	}
	return i
}

// quoted returns where the string that begins at i ends, or i when it does not.
func quoted(data []byte, i int) int {
	for j := i + 1; j < len(data); j++ {
		switch data[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return i
}
