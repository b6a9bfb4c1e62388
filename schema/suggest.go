package schema

type suggestIndex struct{}
