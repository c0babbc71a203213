// Package rendered reads back what `dbxaccess map render` writes, with the readers of those who take it: Terraform's own parser and
// evaluator, and cfn-lint where it is installed. What they read has to mean what the State says that it was written from.
//
// It stands here for the sake of the parser, which the product must not depend on.
package rendered
