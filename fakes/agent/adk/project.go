package adk

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Project is a project of the Agent Development Kit, read from its folder. Its code is known by the names of its modules
// alone. Source of the layout: ADK, its documentation and its schemas.
type Project struct {
	Root string // absolute

	Modules  []string                     // in Python's form, as functions.start_function, sorted
	Flows    []Flow                       // sorted by folder
	Handoffs map[string]Handoff           // config/handoffs.yaml, by name
	Variants map[string]map[string]string // config/variant_attributes.yaml: attributes by variant
	Default  string                       // the default variant; "" for none
	Account  string                       // project.yaml: account_id
	ID       string                       // project.yaml: project_id
	API      *HandoffAPI                  // agent_settings/experimental_config.json; nil where it says nothing of it
	Silence  int                          // max_silence_count there; 0 where it says nothing of it
	Unread   []string                     // what is wrong there, so that the platform reads none of it
	Tests    []Test                       // test_suite, by file
}

// Flow is a folder of flows.
type Flow struct {
	Folder string `json:"folder"`
	Name   string `json:"name"`
	Start  string `json:"start_step"`
}

// Handoff is an entry of config/handoffs.yaml.
type Handoff struct {
	Name    string            `json:"name"`
	Default bool              `json:"is_default"`
	Method  string            `json:"method"` // bye, refer or invite; bye where nothing is said of it, as the platform reads it (ADK)
	Number  string            `json:"phone_number,omitempty"`
	Config  map[string]string `json:"sip_config"` // as it is written
	Headers map[string]string `json:"headers"`
}

// HandoffAPI is what a project exposes of its state.
type HandoffAPI struct {
	StateKeys        []string          `json:"state_keys"`
	Aliases          map[string]string `json:"aliases"`
	SharedIDStateKey string            `json:"shared_id_state_key"` // "" where the project has none: no call is found by a shared_id
}

// ErrNoProject is wrapped by the error for a folder that holds no project.
var ErrNoProject = errors.New("want a folder of an ADK project, with functions/start_function.py in it")

// Read reads a project. Every file of it is optional but those of its functions, of which there must be one.
func Read(folder string) (*Project, error) {
	root, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fmt.Errorf("%s: %w, got nothing there", folder, ErrNoProject)
	}
	p := &Project{Root: root, Handoffs: map[string]Handoff{}, Variants: map[string]map[string]string{}}
	if err := p.readModules(); err != nil {
		return nil, err
	}
	if len(p.Modules) == 0 {
		return nil, fmt.Errorf("%s: %w, got none", folder, ErrNoProject)
	}
	return p, errors.Join(p.readIDs(), p.readFlows(), p.readHandoffs(), p.readVariants(), p.readExperimental(), p.readTests())
}

// readModules lists what can be imported of functions and flows.
func (p *Project) readModules() error {
	for _, top := range []string{"functions", "flows"} {
		err := fs.WalkDir(os.DirFS(p.Root), top, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (strings.HasPrefix(d.Name(), ".") || d.Name() == "__pycache__"):
				return fs.SkipDir
			case !d.IsDir() && strings.HasSuffix(name, ".py") && d.Name() != "__init__.py":
				p.Modules = append(p.Modules, strings.ReplaceAll(strings.TrimSuffix(name, ".py"), "/", "."))
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", p.Root, err)
		}
	}
	slices.Sort(p.Modules)
	return nil
}

// module is where a function is that a turn calls, as hang_up, or flow/function, where the flow goes by its name or its folder.
func (p *Project) module(call string) string {
	of, name, found := strings.Cut(call, "/")
	if !found {
		return "functions." + call
	}
	for _, f := range p.Flows {
		if of == f.Name {
			of = f.Folder
			break
		}
	}
	return "flows." + of + ".functions." + name
}

// tools are the functions that a turn can call.
func (p *Project) tools() (names []string) {
	for _, m := range p.Modules {
		switch part := strings.Split(m, "."); {
		case len(part) == 2 && part[0] == "functions":
			names = append(names, part[1])
		case len(part) == 4 && part[2] == "functions":
			names = append(names, part[1]+"/"+part[3])
		}
	}
	return names
}

// decode reads a file of the project's, YAML or JSON by its name, if it is there. The files are the platform's: what is
// not known of them here is passed over.
func (p *Project) decode(name string, into any) error {
	file := filepath.Join(p.Root, name)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	read := yaml.Unmarshal
	if strings.HasSuffix(name, ".json") {
		read = json.Unmarshal
	}
	err = read(text, into)
	if wrong, ok := errors.AsType[*yaml.TypeError](err); ok {
		says, _, _ := strings.Cut(wrong.Errors[0], " into ") // what follows is a type of ours
		return fmt.Errorf("%s: want the form that the platform writes: %s", file, says)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (p *Project) readIDs() error {
	var file struct {
		Project string `yaml:"project_id"`
		Account string `yaml:"account_id"`
	}
	err := p.decode("project.yaml", &file)
	p.ID, p.Account = file.Project, file.Account
	return err
}

func (p *Project) readFlows() error {
	entries, err := os.ReadDir(filepath.Join(p.Root, "flows"))
	if err != nil {
		return nil // there are none
	}
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "__") {
			continue
		}
		var file struct {
			Name  string `yaml:"name"`
			Start string `yaml:"start_step"`
		}
		errs = append(errs, p.decode(filepath.Join("flows", e.Name(), "flow_config.yaml"), &file))
		if file.Name == "" {
			file.Name = e.Name()
		}
		p.Flows = append(p.Flows, Flow{Folder: e.Name(), Name: file.Name, Start: file.Start})
	}
	return errors.Join(errs...)
}

func (p *Project) readHandoffs() error {
	var file struct {
		Handoffs []struct {
			Name    string            `yaml:"name"`
			Default bool              `yaml:"is_default"`
			SIP     map[string]string `yaml:"sip_config"`
			Headers []struct {
				Key   string `yaml:"key"`
				Value string `yaml:"value"`
			} `yaml:"sip_headers"`
		} `yaml:"handoffs"`
	}
	err := p.decode("config/handoffs.yaml", &file)
	for _, h := range file.Handoffs {
		out := Handoff{Name: h.Name, Default: h.Default, Method: cmp.Or(h.SIP["method"], "bye"), Number: h.SIP["phone_number"], Config: h.SIP, Headers: map[string]string{}}
		if out.Config == nil {
			out.Config = map[string]string{}
		}
		for _, header := range h.Headers {
			out.Headers[header.Key] = header.Value
		}
		p.Handoffs[h.Name] = out
	}
	return err
}

func (p *Project) readVariants() error {
	var file struct {
		Variants []struct {
			Name    string `yaml:"name"`
			Default bool   `yaml:"is_default"`
		} `yaml:"variants"`
		Attributes []struct {
			Name   string            `yaml:"name"`
			Values map[string]string `yaml:"values"`
		} `yaml:"attributes"`
	}
	err := p.decode("config/variant_attributes.yaml", &file)
	for _, v := range file.Variants {
		p.Variants[v.Name] = map[string]string{}
		if v.Default {
			p.Default = v.Name
		}
	}
	for _, a := range file.Attributes {
		for variant, value := range a.Values {
			if p.Variants[variant] == nil {
				p.Variants[variant] = map[string]string{}
			}
			p.Variants[variant][a.Name] = value
		}
	}
	return err
}

// Experimental is where the Handoff API is configured, below Root.
const Experimental = "agent_settings/experimental_config.json"

// readExperimental reads it as the platform does, which reads nothing of a file that breaks its schema (ADK).
func (p *Project) readExperimental() error {
	text, err := os.ReadFile(filepath.Join(p.Root, Experimental))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var file struct {
		API     json.RawMessage `json:"handoff_api"`
		Control struct {
			Silence int `json:"max_silence_count"`
		} `json:"conversation_control"`
	}
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		p.Unread = []string{"it begins with a byte order mark, which JSON does not have"}
		return nil
	}
	if err := json.Unmarshal(text, &file); err != nil {
		p.Unread = []string{err.Error()}
		return nil
	}
	if file.API != nil {
		api := new(HandoffAPI)
		d := json.NewDecoder(bytes.NewReader(file.API))
		d.DisallowUnknownFields()
		if err := d.Decode(api); err != nil {
			p.Unread = append(p.Unread, "handoff_api: "+err.Error())
		} else {
			p.Unread = append(p.Unread, api.problems()...)
		}
		p.API = api
	}
	if len(p.Unread) > 0 {
		p.API = nil
		return nil
	}
	p.Silence = file.Control.Silence
	return nil
}

// problems are what the schema forbids. Source: ADK, schema of the experimental configuration.
func (a *HandoffAPI) problems() (out []string) {
	if a.StateKeys == nil {
		out = append(out, "handoff_api: want state_keys, got none")
	}
	for _, key := range slices.Sorted(maps.Keys(a.Aliases)) {
		if !slices.Contains(a.StateKeys, key) {
			out = append(out, fmt.Sprintf("handoff_api: aliases: want a key of state_keys, got %q", key))
		}
	}
	return out
}

// environments are where the platform keeps the real-time configuration of each; source: ADK, its folders.
var environments = map[string]string{"live": "live", "pre-release": "pre_release", "sandbox": "draft_and_sandbox", "draft": "draft_and_sandbox"}

// realTimeConfig is the real-time configuration of an environment; an empty object where there is none.
func (p *Project) realTimeConfig(env string) (json.RawMessage, error) {
	name := filepath.Join(p.Root, "real_time_configuration", environments[env], "data.json")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return json.RawMessage("{}"), nil
	}
	if err != nil {
		return nil, err
	}
	if !json.Valid(text) || len(text) == 0 || strings.TrimSpace(string(text))[0] != '{' {
		return nil, fmt.Errorf("%s: want a JSON object, got %.40q", name, text)
	}
	return text, nil
}
