module heddle/adoption

go 1.26.0

require github.com/teradata-labs/loom v1.4.0
