package adk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
)

// bare is Python without packages, whatever is installed.
func bare(t *testing.T) string {
	t.Helper()
	needPython(t)
	file := filepath.Join(t.TempDir(), "python3")
	if err := os.WriteFile(file, []byte("#!/bin/sh\nexec '"+interpreter()+"' -S \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestWhatOnlyThePlatformHas: a project that reads secrets from the platform's vault, by a path that only the platform knows, gets
// those of the fixtures; what it wants of a client of another service that is not installed is refused by name.
func TestWhatOnlyThePlatformHas(t *testing.T) {
	t.Parallel()
	a := open(t, "vault", func(o *adk.Options) {
		o.Python = bare(t)
		o.Secrets = with("pin", `"0000"`, "crm", `{"user":"anne","password":"x"}`)
	})
	c := talk(t, a, conversation.Default(), "c-1", "")
	golden(t, "testdata/vault.want", strings.Join(play(t, c), "\n")+"\n\n"+lines(state(c)))
}

// TestWhatIsAbsentIsNamed where a project does not do without.
func TestWhatIsAbsentIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"def start_function(conv):\n    conv.utils.get_secret('crm')\n":                                                                   "SecretNotFound: crm at functions/start_function.py:2",
		"from a.secret_vault import secret_vault\n\ndef start_function(conv):\n    secret_vault('crm')\n":                                 "SecretNotFound: crm at functions/start_function.py:4",
		"import secret_vault as vault\n\ndef start_function(conv):\n    vault.secret_vault('crm')\n":                                      "SecretNotFound: crm at functions/start_function.py:4",
		"from a.b import secret_vault\n\ndef start_function(conv):\n    secret_vault.build_sms_secret_name()\n":                           "NotSupported: not supported: a.b.secret_vault.build_sms_secret_name (a is not installed here) at functions/start_function.py:4",
		"import boto3\n\ndef start_function(conv):\n    boto3.resource('s3')\n":                                                           "NotSupported: not supported: boto3.resource (boto3 is not installed here) at functions/start_function.py:4",
		"import requests\n\ndef start_function(conv):\n    try:\n        requests.get('x')\n    except requests.Timeout:\n        pass\n": "NotSupported: not supported: requests.get (requests is not installed here) at functions/start_function.py:5",
		"import requests.adapters\n\ndef start_function(conv):\n    requests.adapters.HTTPAdapter()\n":                                    "NotSupported: not supported: requests.adapters.HTTPAdapter (requests is not installed here) at functions/start_function.py:4",
		"from functions import secret_vault\n\ndef start_function(conv):\n    conv.state.x = secret_vault.own()\n":                        "",
		"import pandas\n\ndef start_function(conv):\n    pass\n":                                                                          "ModuleNotFoundError: No module named 'pandas' at functions/start_function.py:1",
	} {
		a := written(t, map[string]string{"functions/start_function.py": text, "functions/secret_vault.py": "def own():\n    return 1\n"}, func(o *adk.Options) { o.Python = bare(t) })
		step := talk(t, a, conversation.Default(), "c", "").Begin(t.Context())
		if got := strings.TrimPrefix(step.Detail, "start_function: "); got != want {
			t.Errorf("%s: want %q, got %q", text, want, got)
		}
		a.Over("c")
	}
}
