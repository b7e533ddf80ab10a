package adk

import "go.yaml.in/yaml/v3"

// Settings is what a project says of the platform that runs it, as keys of a project of the simulator; nil where it says
// nothing. Source: ADK, schema of the experimental configuration and of project.yaml.
func (p *Project) Settings() *yaml.Node {
	settings := map[string]any{}
	if p.API != nil {
		handoff := map[string]any{"state_keys": orEmpty(p.API.StateKeys), "aliases": p.API.Aliases}
		if p.API.SharedIDStateKey == "" {
			handoff["shared_id_source"] = "none"
		} else {
			handoff["shared_id_state_key"] = p.API.SharedIDStateKey
		}
		settings["handoff"] = handoff
	}
	if p.Silence > 0 {
		settings["conversation"] = map[string]any{"max_silence": p.Silence}
	}
	for key, id := range map[string]string{"account": p.Account, "project": p.ID} {
		if id != "" {
			settings[key] = map[string]any{"id": id, "slug": id}
		}
	}
	if len(settings) == 0 {
		return nil
	}
	var n yaml.Node
	_ = n.Encode(settings) // maps, lists and text
	return &n
}
