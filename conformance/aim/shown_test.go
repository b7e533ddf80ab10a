package aim

import "testing"

func TestDials(t *testing.T) {
	t.Parallel()
	const number = "+442079460999"
	for digits, want := range map[string]bool{
		"442079460999": true, "00442079460999": true, "011442079460999": true, "02079460999": true, "2079460999": true, "9460999": true,
		"460999": false, "442079460998": false, "1442079460999": false, "": false, "000": false,
	} {
		if got := dials(digits, number); got != want {
			t.Errorf("%s: want %t, got %t", digits, want, got)
		}
	}
}
