package rehearse

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// misfit says where the client is set up with other keys or names than the rehearsal, which is no fault in what it does; "" where it
// is not. What the platform answered is asked first: a lesson may refuse a key that is right.
func (v *view) misfit() string {
	for _, r := range v.requests {
		refused := r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden
		switch {
		case r.Kind == Reserve && refused:
			if why := wrongKey(r, v.project.DNIKey, "DNI_KEY", "--dni-key"); why != "" {
				return why
			}
		case r.Kind == Handoff && (refused || r.Status == http.StatusNotFound):
			if why := v.wrongPath(r); why != "" {
				return why
			}
			if why := wrongKey(r, v.project.HandoffKey, "HANDOFF_KEY", "--handoff-key"); why != "" && refused {
				return why
			}
		}
	}
	return ""
}

// wrongKey says that a request shows another key than the platform wants.
func wrongKey(r Request, want, variable, flag string) string {
	got := r.RequestHeader("X-Api-Key")
	switch {
	case got == want:
		return ""
	case got == "":
		return fmt.Sprintf("the client sent its %s without a header x-api-key; %s belongs there", r.Method, variable)
	}
	return fmt.Sprintf("the key in x-api-key is not the one of this rehearsal: set %s in the client, or have the rehearsal take the client's own with %s", variable, flag)
}

// wrongPath says that a handoff is asked for at another account or project.
func (v *view) wrongPath(r Request) string {
	path, _, _ := strings.Cut(r.URL, "?")
	parts := strings.Split(path, "/") // "", v1, account, project, handoff_state
	a, p := v.project.Account, v.project.Project
	if len(parts) != 5 || slices.Contains([]string{a.ID, a.Slug}, parts[2]) && slices.Contains([]string{p.ID, p.Slug}, parts[3]) {
		return ""
	}
	return fmt.Sprintf("the handoff was asked for at %s/%s, and is at %s/%s: set ACCOUNT_ID and PROJECT_ID in the client, or have the rehearsal take the client's own with --account and --project",
		parts[2], parts[3], a.Slug, p.Slug)
}
