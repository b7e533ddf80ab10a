package load

import "testing"

// TestWilson: what was never seen, and what always was, has an end of its interval that is exactly that.
func TestWilson(t *testing.T) {
	t.Parallel()
	for n := 1.0; n < 2000; n++ {
		if low, high := wilson(0, n); low != 0 || high <= 0 || high >= 1 {
			t.Errorf("none of %g: want 0 to less than all, got %g to %g", n, low, high)
		}
		if low, high := wilson(1, n); high != 1 || low <= 0 || low >= 1 {
			t.Errorf("all of %g: want more than none to 1, got %g to %g", n, low, high)
		}
	}
	if low, high := wilson(0.1, 100); low < 0.05 || low > 0.06 || high < 0.17 || high > 0.18 {
		t.Errorf("10 of 100: want 5.5 %% to 17.4 %%, got %g to %g", low, high)
	}
}
