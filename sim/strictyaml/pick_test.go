package strictyaml

import "testing"

func TestPick(t *testing.T) {
	type colour string
	got := colour("red")
	if err := Pick("colour", &got, []byte("blue"), "red", "blue"); err != nil || got != "blue" {
		t.Errorf("got %q, %v, want blue", got, err)
	}
	want := `colour: want red or blue, got "green"`
	if err := Pick("colour", &got, []byte("green"), "red", "blue"); err == nil || err.Error() != want || got != "blue" {
		t.Errorf("got %q, %v, want %s and blue as before", got, err, want)
	}
}
