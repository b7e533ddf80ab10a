package dialplan

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	gofmt "go/format"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

var (
	update = flag.Bool("update", false, "write table.go from the metadata of the port that go.mod names")
	long   = flag.Bool("long", false, "compare many numbers of each region and kind with the port's")
)

// TestTable holds the table to the metadata from which it is made.
func TestTable(t *testing.T) {
	want := generated(t)
	if *update {
		if err := os.WriteFile("table.go", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("table.go: want it as the library's metadata has it; go test ./sim/dialplan -run TestTable -update writes it")
	}
}

func generated(t *testing.T) []byte {
	t.Helper()
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	regions := slices.Clone(all.GetMetadata())
	slices.SortFunc(regions, func(a, b *phonenumbers.PhoneMetadata) int {
		return cmp.Or(cmp.Compare(a.GetId(), b.GetId()), cmp.Compare(a.GetCountryCode(), b.GetCountryCode()))
	})
	main := make(map[int]string)
	var b strings.Builder
	b.WriteString("package dialplan\n\n// Made from libphonenumber's metadata (Apache License 2.0) by go test ./sim/dialplan -run TestTable -update.\n\n// table is every region, by name.\nvar table = []region{\n")
	write := func(m *phonenumbers.PhoneMetadata) {
		code := int(m.GetCountryCode())
		desc := m.GetGeneralDesc()
		fmt.Fprintf(&b, "{name: %q, code: %d, international: %#q, national: %#q, transform: %#q, pattern: %#q, lengths: %s, local: %s",
			m.GetId(), code, m.GetInternationalPrefix(), m.GetNationalPrefixForParsing(), m.GetNationalPrefixTransformRule(), desc.GetNationalNumberPattern(),
			lengths(desc.GetPossibleLength()), lengths(desc.GetPossibleLengthLocalOnly()))
		if main[code] = phonenumbers.GetRegionCodeForCountryCode(code); main[code] == m.GetId() {
			b.WriteString(", formats: []format{\n")
			for _, f := range m.GetNumberFormat() {
				leading := ""
				if some := f.GetLeadingDigitsPattern(); len(some) > 0 {
					leading = some[len(some)-1] // the most detailed
				}
				fmt.Fprintf(&b, "{%#q, %#q, %#q},\n", leading, f.GetPattern(), template(f))
			}
			b.WriteString("}")
		}
		b.WriteString("},\n")
	}
	for _, m := range regions {
		if m.GetId() != world {
			write(m)
		}
	}
	b.WriteString("}\n\n// elsewhere is every calling code of no region.\nvar elsewhere = []region{\n")
	for _, m := range regions {
		if m.GetId() == world {
			write(m)
		}
	}
	b.WriteString("}\n\n// mains are the main regions of the calling codes.\nvar mains = []mainRegion{\n")
	for _, code := range slices.Sorted(maps.Keys(main)) {
		if main[code] != world {
			fmt.Fprintf(&b, "{%d, %q},\n", code, main[code])
		}
	}
	b.WriteString("}\n")
	text, err := gofmt.Source([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func lengths(all []int32) string {
	if len(all) == 0 {
		return "nil"
	}
	return strings.ReplaceAll(fmt.Sprintf("%#v", all), "[]int32", "[]uint8")
}

var firstGroup = regexp.MustCompile(`\$\d`)

// template is a format with the national prefix in the place of its first group.
func template(f *phonenumbers.NumberFormat) string {
	rule := f.GetNationalPrefixFormattingRule()
	if at := firstGroup.FindStringIndex(f.GetFormat()); at != nil && rule != "" {
		return f.GetFormat()[:at[0]] + rule + f.GetFormat()[at[1]:]
	}
	return f.GetFormat()
}

// port is what the library's port makes of what is dialled.
func port(dialled, region string) (string, bool) {
	n, err := phonenumbers.Parse(dialled, region)
	if err != nil {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

func portNational(e164 string) (string, bool) {
	n, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil {
		return "", false
	}
	return phonenumbers.NormalizeDigitsOnly(phonenumbers.Format(n, phonenumbers.NATIONAL)), true
}

// alike fails when a number is read or written otherwise than by the port.
func alike(t *testing.T, dialled, region string) {
	t.Helper()
	p, err := Of(region)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := p.E164(dialled)
	want, known := port(dialled, region)
	if ok != known || ok && got != want {
		t.Errorf("%q dialled in %s: want %q %v, got %q %v", dialled, region, want, known, got, ok)
	}
	if known {
		got, ok := National(want)
		if national, known := portNational(want); ok != known || got != national {
			t.Errorf("%s: want %q %v in its region, got %q %v", want, national, known, got, ok)
		}
	}
}

// TestLikeThePort dials examples of every fourth region and of every kind of number, whole and mutilated, behind what may be dialled
// before them, in that region and in another one; with -long, those of all regions and fifty times as many.
func TestLikeThePort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	regions := slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
	rounds := 1
	if *long {
		rounds = 50
	}
	for i, region := range regions {
		if !*long && i%4 > 0 && region != "GB" && region != "AR" && region != "IT" { // TestEveryRegion dials in the others
			continue
		}
		t.Run(region, func(t *testing.T) {
			for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
				n := phonenumbers.GetExampleNumberForType(region, kind)
				if n == nil {
					continue
				}
				e164 := phonenumbers.Format(n, phonenumbers.E164)
				national := phonenumbers.GetNationalSignificantNumber(n)
				for _, dialled := range []string{e164, e164[1:], national, phonenumbers.NormalizeDigitsOnly(phonenumbers.Format(n, phonenumbers.NATIONAL))} {
					for range rounds {
						alike(t, mutilated(r, dialled), region)
						alike(t, mutilated(r, dialled), regions[(i+r.IntN(len(regions)))%len(regions)])
					}
				}
			}
		})
	}
	for _, code := range []string{"800", "808", "870", "878", "881", "882", "883", "888", "979"} {
		for range 10 * rounds {
			alike(t, mutilated(r, "+"+code+"12345678"), regions[r.IntN(len(regions))])
		}
	}
}

// mutilated is a number that was dialled more or less right.
func mutilated(r *rand.Rand, dialled string) string {
	plus := ""
	if strings.HasPrefix(dialled, "+") && r.IntN(4) > 0 {
		plus = "+"
	}
	digits := []byte(strings.TrimPrefix(dialled, "+"))
	for range r.IntN(3) {
		digits[r.IntN(len(digits))] = byte('0' + r.IntN(10))
	}
	switch r.IntN(6) {
	case 0:
		digits = digits[:1+r.IntN(len(digits))]
	case 1:
		digits = fmt.Appendf(digits, "%d", r.IntN(100000))
	}
	before := []string{"", "", "", "0", "00", "1", "8", "011", "810", "000", "0011", "9", "0014", "15"}
	return plus + before[r.IntN(len(before))] + string(digits)
}

// FuzzLikeThePort dials any digits anywhere.
func FuzzLikeThePort(f *testing.F) {
	regions := slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
	f.Add("02079460000", uint8(0), true)
	f.Add("00000000000000000000000000000000", uint8(3), false)
	f.Add("1230171231231230", uint8(44), false)
	f.Fuzz(func(t *testing.T, dialled string, at uint8, plus bool) {
		dialled = strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, dialled)
		if plus {
			dialled = "+" + dialled
		}
		alike(t, dialled, regions[int(at)%len(regions)])
	})
}

func BenchmarkE164(b *testing.B) {
	p, err := Of("44")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got, ok := p.E164("02079460000"); !ok || got != "+442079460000" {
			b.Fatal(got)
		}
	}
}
