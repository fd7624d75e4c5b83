package iic

func (s *Server) identityStoreHandlers() map[string]func(*request) (any, error) {
	return map[string]func(*request) (any, error){}
}
