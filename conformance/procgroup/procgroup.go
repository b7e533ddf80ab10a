// Package procgroup starts commands so that they can be ended with all that they have started, and so that a Ctrl-C at a
// terminal reaches this process alone, which then decides what becomes of them.
package procgroup
