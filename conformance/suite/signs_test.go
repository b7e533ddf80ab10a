package suite

import "testing"

func TestSigns(t *testing.T) {
	for filter, ok := range map[string]bool{
		"": true, "pool && !may": true, "android || sandbox": true, "pool and not may": false, "not may": false, "(not may)": false,
	} {
		if err := signs(filter); (err == nil) != ok {
			t.Errorf("%q: want it taken: %v, got %v", filter, ok, err)
		}
	}
}
