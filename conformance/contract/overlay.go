package contract

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/specs"
)

// becauseKey is where an overlaid object keeps the reason for each of its members: the problem that a member
// causes is reported with it, and a problem without one belongs to the published contract.
const becauseKey = "x-because"

// tighten applies the rules to a document's tree.
func tighten(tree map[string]any, rules []specs.Rule) error {
	var problems []error
	for i, r := range rules {
		if err := apply(tree, r); err != nil {
			problems = append(problems, fmt.Errorf("overlay: rule %d of %s: %w", i+1, r.Document, err))
		}
	}
	return errors.Join(problems...)
}

func apply(tree map[string]any, r specs.Rule) error {
	target, err := lookup(tree, r.At)
	if err != nil {
		return err
	}
	if _, isRef := target["$ref"]; isRef {
		return fmt.Errorf("at %s: want an object, got a $ref, beside which nothing counts", r.At)
	}
	reasons, _ := target[becauseKey].(map[string]any)
	if reasons == nil {
		reasons = map[string]any{}
		target[becauseKey] = reasons
	}
	for _, member := range slices.Sorted(maps.Keys(r.Set)) {
		value := r.Set[member]
		switch {
		case reasons[member] != nil:
			return fmt.Errorf("at %s: want %s set once, got a second rule for it", r.At, member)
		case reflect.DeepEqual(target[member], value):
			return fmt.Errorf("at %s: want %s to demand more than published, got the same", r.At, member)
		case strings.HasPrefix(member, "x-") && !slices.Contains(extensions, member):
			return fmt.Errorf("at %s: want one of %v, got %s", r.At, extensions, member)
		}
		target[member] = value
		reasons[member] = r.Because
	}
	return nil
}

// lookup finds the object that a JSON pointer names.
func lookup(tree map[string]any, pointer string) (map[string]any, error) {
	var node any = tree
	if pointer != "" {
		for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
			switch parent := node.(type) {
			case map[string]any:
				node = parent[token]
			case []any:
				i, err := strconv.Atoi(token)
				if err != nil || i < 0 || i >= len(parent) {
					return nil, fmt.Errorf("at %s: want something in the document, got nothing", pointer)
				}
				node = parent[i]
			default:
				node = nil
			}
		}
	}
	object, ok := node.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("at %s: want an object in the document, got %T", pointer, node)
	}
	return object, nil
}
