# 1.11 keeps secrets out of the state (write-only arguments). OpenTofu has them from 1.11 on, too.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}
