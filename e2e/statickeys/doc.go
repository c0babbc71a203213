// Package statickeys measures how many static keys `dbxaccess scan` finds, and how often it is wrong, on a corpus of made-up keys in the
// files in which people of machine learning teams leave them; gitleaks reads the same corpus, as a yardstick.
//
// In come the templates in testdata, whose ⟦kind⟧ stands for a key: keys are put together while the test runs, so that nothing in the
// tree has the shape of a key. Out goes the corpus in a temporary folder with the place of each key, and the table in docs/static-keys.md.
// The templates were written from what clients write and people do, before any detector was seen; a template is never changed to suit one.
package statickeys
