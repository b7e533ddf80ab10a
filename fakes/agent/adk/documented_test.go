package adk_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// stub are the members of the conversation in the ADK's stub of September 2026: its properties, its methods, and what is set on it.
var stub = strings.Fields(`
	id account_id project_id env sip_headers integration_attributes caller_number callee_number state entities current_flow current_step
	sms_queue metrics_queue variant_name variants variant sms_templates voice_change language history handoffs transcript_alternatives
	real_time_config functions api generic_external_events channel_type attachments response_suggestions webchat translations
	provider_voice_id integrations metric_events

	send_email set_voice set_language set_asr_biasing clear_asr_biasing say randomize_voice goto_flow exit_flow goto_csat_flow set_variant
	log_api_response send_sms send_whatsapp send_content_template send_sms_template set_csat_eligibility set_csat_phone_number
	set_csat_score set_csat_survey_entered add_attachments set_response_suggestions generate_external_event write_metric call_handoff
	discard_recording

	agentic_dial from_runtime_data`)

// beside the 63 of the stub's.
var beside = []string{"log", "utils", "memory"}

// quoted are the words in quotes between two texts.
func quoted(text, from, to string) (words []string) {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	for _, m := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(text, -1) {
		words = append(words, m[1])
	}
	return words
}

// TestDocumented: each member of the stub is either supported, which means that a project of the tests uses it and that specs/adk.md
// says what it gives and from where that is known, or refused, and named there.
func TestDocumented(t *testing.T) {
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	document, code := read("../../../specs/adk.md"), read("python/conversation.py")
	if len(stub) != 63 {
		t.Errorf("want the 63 members of the stub, got %d", len(stub))
	}
	refused := quoted(code, "UNSUPPORTED = (", "# Of other versions")
	others := quoted(code, "# Of other versions", "\n)")
	supported := append(quoted(code, "READ_ONLY = (", "\n)"), "log", "utils")
	_, conversation, _ := strings.Cut(code, "class Conversation:")
	conversation, _, _ = strings.Cut(conversation, "class Flow:")
	for _, m := range regexp.MustCompile(`(?m)^    def ([a-z]\w*)\(self`).FindAllStringSubmatch(conversation, -1) {
		if !slices.Contains(supported, m[1]) { // a property is there already
			supported = append(supported, m[1])
		}
	}
	all, want := slices.Concat(supported, refused), slices.Concat(stub, beside)
	slices.Sort(all)
	slices.Sort(want)
	if !slices.Equal(all, want) {
		t.Errorf("want each member of the stub either supported or refused, got\n%q\nwant\n%q", all, want)
	}
	_, table, _ := strings.Cut(document, "\n## conv\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows, refusals, found := strings.Cut(table, "\nRefused")
	if !found {
		t.Fatal("specs/adk.md: want what is refused, after the table")
	}
	for _, name := range slices.Concat(refused, others) {
		if !strings.Contains(refusals, "`"+name+"`") {
			t.Errorf("specs/adk.md: want %s among what is refused", name)
		}
	}
	used := projects(t)
	for _, name := range supported {
		row := regexp.MustCompile("(?m)^\\|[^|]*`" + name + "[`.][^|]*\\|[^|]+\\|([^|]+)\\|$").FindStringSubmatch(rows)
		if row == nil || strings.TrimSpace(row[1]) == "" {
			t.Errorf("specs/adk.md: want a row for %s, with a source", name)
		}
		if !regexp.MustCompile(`\bconv\.` + name + `\b`).MatchString(used) {
			t.Errorf("testdata: want a project that uses conv.%s", name)
		}
	}
}

// projects is the code of the projects in testdata.
func projects(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS("testdata"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".py") {
			return err
		}
		text, err := os.ReadFile("testdata/" + name)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
